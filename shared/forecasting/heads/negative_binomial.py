"""Negative binomial: counts, more spread out than Poisson's."""

import torch
from torch import Tensor
from torch.nn import functional as F

BINS = 64
REACH = 8.0  # standard deviations above the mean that the sampling grid covers


class NegativeBinomial:
    name = "negative_binomial"
    parameters = 2
    draws = 1
    centred = False
    nonnegative = True

    def _split(self, parameters: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        mean = scale * F.softplus(parameters[..., 0]) + 1e-5
        size = 1 / (F.softplus(parameters[..., 1]) + 1e-3)
        return mean, size

    def loss(self, parameters: Tensor, value: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
        mean, size = self._split(parameters, scale)
        return (
            torch.lgamma(value + 1)
            + torch.lgamma(size)
            - torch.lgamma(value + size)
            + (value + size) * torch.log1p(mean / size)
            + value * torch.log(size / mean)
        )

    def sample(self, parameters: Tensor, loc: Tensor, scale: Tensor, uniform: Tensor) -> Tensor:
        """Invert the distribution function on a grid; exact while the grid's step is 1."""
        mean, size = self._split(parameters, scale)
        reach = mean + REACH * torch.sqrt(mean + mean * mean / size)
        step = torch.ceil(reach / BINS).clamp(min=1.0)[..., None]
        count = torch.arange(BINS, device=mean.device) * step + (step - 1) / 2
        size = size[..., None]
        odds = torch.log(mean[..., None] / (mean[..., None] + size))
        weight = torch.lgamma(count + size) - torch.lgamma(count + 1) + count * odds
        reached = torch.softmax(weight, -1).cumsum(-1)
        bin_ = (reached < uniform[0][..., None]).sum(-1, keepdim=True).clamp(max=BINS - 1)
        above = reached.gather(-1, bin_)
        below = torch.where(bin_ > 0, reached.gather(-1, (bin_ - 1).clamp(min=0)), 0.0)
        share = (uniform[0][..., None] - below) / (above - below).clamp(min=1e-12)
        return torch.floor((bin_ + share.clamp(0, 0.999)) * step)[..., 0]
