"""Quantiles: no shape is assumed; values between and beyond them are interpolated."""

import torch
from torch import Tensor

LEVELS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


class Quantiles:
    name = "quantiles"
    parameters = len(LEVELS)
    draws = 1
    centred = True
    nonnegative = False

    def loss(self, parameters: Tensor, value: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
        levels = torch.tensor(LEVELS, device=parameters.device)
        error = ((value - loc) / scale)[..., None] - parameters  # (*shape, level)
        return 2 * torch.maximum(levels * error, (levels - 1) * error).mean(-1)

    def sample(self, parameters: Tensor, loc: Tensor, scale: Tensor, uniform: Tensor) -> Tensor:
        ordered = parameters.sort(-1).values
        levels = torch.tensor(LEVELS, device=parameters.device)
        u = uniform[0].contiguous()
        right = torch.searchsorted(levels, u).clamp(1, len(LEVELS) - 1)
        low = ordered.gather(-1, right[..., None] - 1)[..., 0]
        high = ordered.gather(-1, right[..., None])[..., 0]
        share = (u - levels[right - 1]) / (levels[right] - levels[right - 1])
        return loc + scale * (low + share * (high - low))
