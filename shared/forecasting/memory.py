"""Refuses work that would not fit into memory, before it starts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor, nn

from shared.forecasting.errors import NotEnoughMemory

if TYPE_CHECKING:
    from shared.forecasting.network.windows import Windows

Read = TypeVar("Read", "Windows", Tensor)  # what a body reads

ROOM = 2.0  # over what is kept for the gradients: they, and what comes and goes meanwhile
COPIES = 5  # of the weights: themselves, gradients, two moments of Adam, the best epoch
GROUP = Path("/sys/fs/cgroup")


def available(device: torch.device) -> int | None:
    """Return the bytes that can still be taken, None where the system does not say.

    What torch keeps of a GPU for its next tensors is free to us, though not to others.
    """
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + kept
    found = [free for free in (_of_machine(), _of_group()) if free is not None]
    return min(found, default=None)


def _of_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kilobytes = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return next((int(found) * 1024 for found in kilobytes), None)


def _of_group() -> int | None:
    """Return what a container's limit leaves; files that the kernel keeps do not count."""
    try:
        limit = (GROUP / "memory.max").read_text().strip()
        used = int((GROUP / "memory.current").read_text())
        kept = (GROUP / "memory.stat").read_text().splitlines()
    except OSError:
        return None
    if limit == "max":
        return None
    files = sum(int(line.split()[1]) for line in kept if line.startswith("inactive_file "))
    return max(0, int(limit) - used + files)


def require(
    needed: float, device: torch.device, what: str, advice: str, field: str | None = None
) -> None:
    """Refuse what needs more than there is.

    Raises:
        NotEnoughMemory: with both figures.
    """
    free = available(device)
    if free is not None and needed > free:
        raise NotEnoughMemory(
            f"{what} needs about {_size(needed)} of memory, and {_size(free)} are free "
            f"({device.type}). {advice}",
            field=field,
        )


def require_learning(
    body: nn.Module,
    read: Callable[[nn.Module, Windows], object],
    windows: Windows,
    together: int,
    device: torch.device,
) -> None:
    """Refuse to learn from so many windows at once if they do not fit.

    Args:
        body: what learns.
        read: how it reads a batch.
        windows: one of them.
        together: how many are read at once.
        device: where.

    Raises:
        NotEnoughMemory: they do not fit.
    """
    weights = sum(part.numel() * part.element_size() for part in body.parameters())
    require(
        COPIES * weights + ROOM * together * kept_bytes(body, read, windows),
        device,
        "Learning",
        "Choose a smaller batch, context or network.",
        "/hyperparameters/batch_size",
    )


def kept_bytes(body: nn.Module, read: Callable[[nn.Module, Read], object], windows: Read) -> int:
    """Return the bytes that reading keeps for the gradients, found without taking them.

    Everything happens on torch's meta device, where tensors have shapes and no values.
    """
    shadow = copy.deepcopy(body).to("meta")
    own = {part.untyped_storage()._cdata for part in shadow.parameters()}
    seen: dict[int, int] = {}

    def keep(part: Tensor) -> Tensor:
        storage = part.untyped_storage()
        if storage._cdata not in own:
            seen[storage._cdata] = storage.nbytes()
        return part

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda part: part):
        found = read(shadow, windows.to(torch.device("meta")))
    del found
    return sum(seen.values())


def _size(count: float) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"
