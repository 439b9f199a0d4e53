"""Chooses the device that networks run on."""

import os

import torch

from shared.forecasting.errors import ForecastingError

VARIABLE = "SHELFCAST_DEVICE"


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
