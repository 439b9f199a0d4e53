"""Chooses the device that networks run on."""

import ctypes
import os
from functools import cache

import torch

from shared.forecasting.errors import ForecastingError

VARIABLE = "SHELFCAST_DEVICE"
TRIM, MAP = -1, -3  # what glibc's mallopt calls its two thresholds
LARGE = 2**30


def best_device() -> torch.device:
    """Return the device named by SHELFCAST_DEVICE, else CUDA where present, else the CPU.

    Raises:
        ForecastingError: the variable names a device that this machine does not have.
    """
    wanted = os.environ.get(VARIABLE, "").strip()
    if not wanted:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ForecastingError(
            f"{VARIABLE}={wanted!r} names no device: use cpu or cuda."
        ) from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ForecastingError(f"{VARIABLE}={wanted!r}, but there is no usable NVIDIA GPU here.")
    return device


@cache
def reuse_memory() -> None:
    """Let this process keep the memory that it frees, for its next tensors.

    By default glibc hands each large block back to the system at once, and a step of a network on
    a CPU then spends a sixth of its time on getting fresh pages. Elsewhere this does nothing.
    """
    change = getattr(ctypes.CDLL(None), "mallopt", None)
    if change is not None:
        change(TRIM, LARGE)
        change(MAP, LARGE)
