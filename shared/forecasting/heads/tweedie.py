"""Tweedie with power 1.5: an exact share of zeros and a continuous rest, such as turnover."""

import torch
from torch import Tensor
from torch.nn import functional as F

from shared.forecasting.heads import counts

TERMS = 32  # that are laid out on a GPU
FEW = 12.0  # purchases, so that those are enough


class Tweedie:
    name = "tweedie"
    parameters = 2
    draws = 2
    centred = False
    nonnegative = True

    def _split(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        return F.softplus(parameters[..., 0]) + 1e-4, F.softplus(parameters[..., 1]) + 1e-2

    def loss(self, parameters: Tensor, value: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
        """Return the exact loss of a zero and the saddlepoint approximation of the rest."""
        mean, spread = self._split(parameters)
        z = value / scale
        root = torch.sqrt(z.clamp(min=1e-12))
        deviance = 4 * (root - torch.sqrt(mean)).square() / torch.sqrt(mean)
        positive = deviance / (2 * spread) + 0.5 * torch.log(spread) + 1.5 * torch.log(root)
        return torch.where(z > 0, positive, 2 * torch.sqrt(mean) / spread)

    def sample(self, parameters: Tensor, loc: Tensor, scale: Tensor, uniform: Tensor) -> Tensor:
        """Draw a Poisson number of purchases, then their gamma-distributed sum."""
        mean, spread = self._split(parameters)
        rate = 2 * torch.sqrt(mean) / spread
        purchases = _poisson(rate, uniform[0])
        size = spread * torch.sqrt(mean) / 2
        normal = torch.special.ndtri(uniform[1].clamp(1e-6, 1 - 1e-6))
        n = purchases.clamp(min=1)
        cube = 1 - 1 / (9 * n) + normal / (3 * torch.sqrt(n))  # Wilson and Hilferty
        many = n * cube.clamp(min=0) ** 3
        one = -torch.log1p(-uniform[1])
        amount = size * torch.where(n == 1, one, many)
        return scale * torch.where(purchases > 0, amount, 0.0)


def _poisson(rate: Tensor, uniform: Tensor) -> Tensor:
    """Invert Poisson's distribution function; by its normal limit where the rate is large."""
    if rate.device.type != "cpu":
        return torch.where(rate < FEW, _laid_out(rate, uniform), _large(rate, uniform))
    found = rate.new_empty(rate.shape)
    if not counts.poisson(*(part.numpy().ravel() for part in (rate, uniform, found))):
        return found
    return torch.where(rate < counts.MANY, found, _large(rate, uniform))


def _laid_out(rate: Tensor, uniform: Tensor) -> Tensor:
    """Find all counts at once, without a look at any value: for a GPU."""
    terms = torch.arange(TERMS, device=rate.device)
    small = rate.clamp(max=FEW)[..., None]
    mass = torch.exp(terms * torch.log(small) - small - torch.lgamma(terms + 1.0))
    return (mass.cumsum(-1) < uniform[..., None]).sum(-1).to(rate.dtype)


def _large(rate: Tensor, uniform: Tensor) -> Tensor:
    normal = torch.special.ndtri(uniform.clamp(1e-6, 1 - 1e-6))
    return torch.round(rate + normal * torch.sqrt(rate)).clamp(min=0)
