"""Negative binomial: counts, more spread out than Poisson's."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from shared.forecasting.heads import counts

BINS = 64  # that are laid out on a GPU
ENOUGH = 0.9995  # the share of probability that must lie inside the bins


class NegativeBinomial:
    name = "negative_binomial"
    parameters = 2
    draws = 2
    centred = False
    nonnegative = True

    def _split(self, parameters: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = F.softplus(parameters).unbind(-1)
        return scale * mean + 1e-5, (spread + 1e-3).reciprocal()

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
        """Invert the distribution function: exactly where counts are small, else nearly."""
        mean, size = self._split(parameters, scale)
        if mean.device.type != "cpu":
            return _laid_out(mean, size, uniform)
        found = mean.new_empty(mean.shape)
        flat = (part.numpy().ravel() for part in (mean, size, uniform[0], found))
        if not counts.negative_binomial(*flat):
            return found
        return torch.where(mean < counts.MANY, found, _large(mean, size, uniform))


def _laid_out(mean: Tensor, size: Tensor, uniform: Tensor) -> Tensor:
    """Find all counts at once, without a look at any value: for a GPU."""
    reached = _reached(mean, size, BINS)
    exact = torch.searchsorted(reached, uniform[0][..., None])[..., 0].to(mean.dtype)
    return torch.where(reached[..., -1] < ENOUGH, _large(mean, size, uniform), exact)


@lru_cache(maxsize=8)
def _inverses(bins: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):
        return 1 / torch.arange(1, bins, device=device, dtype=torch.float32)


def _reached(mean: Tensor, size: Tensor, bins: int) -> Tensor:
    """Return the probability of at most 0, 1, 2 … sales; each term is the last times a ratio."""
    total = mean + size
    share = mean / total
    mass = mean.new_empty(*mean.shape, bins)
    mass[..., 0] = torch.pow(size / total, size)
    slope = ((size - 1) * share)[..., None]
    torch.addcmul(share[..., None], slope, _inverses(bins, mean.device), out=mass[..., 1:])
    return mass.cumprod_(-1).cumsum_(-1)


def _large(mean: Tensor, size: Tensor, uniform: Tensor) -> Tensor:
    """Round a gamma variable of the same mean and variance (Wilson and Hilferty's quantiles)."""
    spread = 1 + mean / size  # variance over mean
    shape = mean / spread
    normal = torch.special.ndtri(uniform[0].clamp(1e-6, 1 - 1e-6))
    more = shape + 1  # a larger shape has better quantiles; the second number takes it back
    cube = 1 - 1 / (9 * more) + normal / (3 * torch.sqrt(more))
    gamma = more * cube.clamp(min=0) ** 3 * uniform[1] ** (1 / shape)
    return torch.round(gamma * spread)
