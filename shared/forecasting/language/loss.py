"""How wrong foretold digits are: cross-entropy, the leading digits first, and by distance."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

NOBODY = -1
NEXT = 0.6  # a digit counts so much of the one before it


def digit_loss(
    logits: Float[Tensor, "batch horizon digits 10"],
    signs: Int[Tensor, "batch horizon digits"],
    number_loss: float = 0.0,
) -> Tensor:
    """Return the mean loss of the digits that are known (the others are −1)."""
    seen = signs != NOBODY
    weight = NEXT ** torch.arange(signs.shape[-1], device=signs.device) * seen
    losses = F.cross_entropy(
        logits.float().flatten(0, -2), signs.flatten(), ignore_index=NOBODY, reduction="none"
    ).view(signs.shape)
    if number_loss:
        losses = losses + number_loss * _distance(logits.float(), signs)
    return (losses * weight).sum() / weight.sum().clamp(min=1e-6)


def _distance(logits: Tensor, signs: Tensor) -> Tensor:
    """Return how far the probability must move to the right digit (Wasserstein), per digit."""
    away = (torch.arange(10, device=signs.device) - signs.clamp(min=0)[..., None]).abs()
    return (logits.softmax(-1) * away).sum(-1)
