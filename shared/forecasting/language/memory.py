"""Says how much memory is free, and how many series fit into it."""

from __future__ import annotations

from pathlib import Path

import torch

LIMIT = Path("/sys/fs/cgroup/memory.max")
USED = Path("/sys/fs/cgroup/memory.current")
STATE = Path("/proc/meminfo")


def available(device: torch.device) -> int | None:
    """Return the free bytes of a device, None where nobody says."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    found = [free for free in (_machine(), _container()) if free is not None]
    return min(found) if found else None


def _machine() -> int | None:
    try:
        lines = STATE.read_text().splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return found[0] * 1024 if found else None


def _container() -> int | None:
    """Return what the container's limit leaves; None without a limit."""
    try:
        return int(LIMIT.read_text()) - int(USED.read_text())
    except (OSError, ValueError):
        return None


def gigabytes(size: float) -> str:
    """Return a size in words."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
