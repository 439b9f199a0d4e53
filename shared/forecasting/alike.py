"""The same number for the same series, whatever else is in its batch.

What PyTorch computes for one row hangs on the rows beside it in two ways on a CPU. Loops over
elements take 32 at once and those that are left one by one, by another approximation of the same
function. And a product of few rows adds up in another order than one of many. Both change last
bits, which sampling can turn into another path; here they are avoided (with one thread, which is
what a forecast uses; several threads divide the work by its size).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

LOT = 32  # float32 numbers that a loop takes at once, in the widest registers
FEWEST = 16  # rows from which on a product treats each alike


def filled(count: int, rows: int, device: torch.device) -> int:
    """Return how many to compute instead of so many, of which each has some rows of a product."""
    return max(count, -(-FEWEST // max(1, rows))) if device.type == "cpu" else count


def alike(function: Callable[[Tensor], Tensor], values: Tensor) -> Tensor:
    """Return function(values), each element by the same code wherever it stands.

    Args:
        function: acts on each element by itself.
        values: of any shape; while gradients are wanted, nothing is changed.
    """
    missing = -values.numel() % LOT
    if (not missing and values.is_contiguous()) or values.is_cuda or torch.is_grad_enabled():
        return function(values)
    flat = F.pad(values.reshape(-1), (0, missing))
    return function(flat)[: values.numel()].view(values.shape)
