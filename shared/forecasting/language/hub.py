"""Base models at the hub: first what they are and how large, then their weights."""

from __future__ import annotations

from pathlib import Path

import torch

from shared.forecasting.devices import best_device
from shared.forecasting.errors import Unavailable
from shared.forecasting.language.checkpoint import FIELD, settings_of
from shared.forecasting.memory import require


def fetch(name: str, revision: str | None = None) -> Path:
    """Return the folder of a model of the hub, which is named like its revision.

    Raises:
        Invalid: it is not a Qwen model; its weights were not fetched.
        NotEnoughMemory: it is too large for this device; its weights were not fetched.
        Unavailable: the hub does not answer, and the model was not fetched before.
    """
    from huggingface_hub import hf_hub_download, snapshot_download

    try:
        folder = Path(hf_hub_download(name, "config.json", revision=revision)).parent
    except Exception as error:  # the hub's client raises errors of many libraries
        raise _unavailable(name, error) from error
    settings_of(folder, name)
    _require_memory(name, folder)
    try:
        found = snapshot_download(
            name, revision=folder.name, allow_patterns=["*.json", "*.safetensors"]
        )
    except Exception as error:
        raise _unavailable(name, error) from error
    return Path(found)


def _require_memory(name: str, folder: Path) -> None:
    """Refuse what is too large, as far as the hub says how large it is."""
    from huggingface_hub import get_safetensors_metadata

    if any(folder.glob("*.safetensors")):
        return  # fetched before: its files say it
    try:
        counts = get_safetensors_metadata(name, revision=folder.name).parameter_count
    except Exception:  # said again, with the reason, when its weights are fetched
        return
    require_weights(name, sum(counts.values()), best_device())


def require_weights(name: str, parameters: int, device: torch.device) -> None:
    """Refuse a base model that does not fit into memory.

    Raises:
        NotEnoughMemory: with both figures.
    """
    needed = parameters * dtype_on(device).itemsize
    require(needed, device, f"The base model {name!r}", "Choose a smaller one.", FIELD)


def dtype_on(device: torch.device) -> torch.dtype:
    """Return how weights are held: in half of the bits on a GPU."""
    return torch.bfloat16 if device.type == "cuda" else torch.float32


def _unavailable(name: str, error: Exception) -> Unavailable:
    said = " ".join(str(error).split())  # the client's are several lines
    return Unavailable(f"The base model {name!r} cannot be fetched: {said}", field=FIELD)
