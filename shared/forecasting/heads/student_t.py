"""Student's t: continuous values with occasional outliers."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

SMALLEST_DF = 2.1


class StudentT:
    name = "student_t"
    parameters = 3
    draws = 2
    centred = True
    nonnegative = False

    def _split(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        middle, width, df = parameters.unbind(-1)
        return middle, F.softplus(width) + 1e-4, SMALLEST_DF + F.softplus(df)

    def loss(self, parameters: Tensor, value: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
        middle, width, df = self._split(parameters)
        z = ((value - loc) / scale - middle) / width
        half = (df + 1) / 2
        return (
            torch.lgamma(df / 2)
            - torch.lgamma(half)
            + 0.5 * torch.log(df * math.pi)
            + torch.log(width)
            + half * torch.log1p(z * z / df)
        )

    def sample(self, parameters: Tensor, loc: Tensor, scale: Tensor, uniform: Tensor) -> Tensor:
        """Draw by Bailey's polar method (1994), which is exact and needs two numbers."""
        middle, width, df = self._split(parameters)
        radius = torch.sqrt(df * torch.expm1(-2 / df * torch.log(uniform[0])))
        t = radius * torch.cos(2 * math.pi * uniform[1])
        return loc + scale * (middle + width * t)
