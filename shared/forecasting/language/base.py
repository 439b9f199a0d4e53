"""Base models: which there are, whether one can be used here, and how it is loaded."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from shared.forecasting.errors import Invalid
from shared.forecasting.language.checkpoint import FIELD, files_of, settings_of, vocabulary_of
from shared.forecasting.language.hub import dtype_on, fetch, require_weights
from shared.forecasting.language.vocabulary import Vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedModel

FOLDER = "SHELFCAST_QWEN_BASES"
HUB = "SHELFCAST_QWEN_HUB"
USUAL = "SHELFCAST_QWEN_BASE"
TINY = "shelfcast-tiny"
VERSIONS = "tiny-*"  # of the small model: a new one gets a folder, and the old ones stay
SHIPPED = Path(__file__).parent
NAMED = 3  # weights that are missing


@dataclass(frozen=True)
class Base:
    """A checked folder with a base model."""

    name: str
    folder: Path
    kind: str
    digest: str
    parameters: int
    window: int  # tokens that it can read
    revision: str | None = None  # at the hub

    def stored(self) -> dict[str, str]:
        """Return what the manifest says of it."""
        found = {"name": self.name, "digest": self.digest}
        return found if self.revision is None else {**found, "revision": self.revision}


def usual() -> str:
    """Return the base model of a form that nobody has filled in yet."""
    return os.environ.get(USUAL, "").strip() or TINY


def names() -> list[str]:
    """Return the base models of this deployment: the small one, its folder's, its hub names."""
    hub = [name.strip() for name in os.environ.get(HUB, "").split(",") if name.strip()]
    return list(dict.fromkeys([TINY, *_folders(), *hub]))


def offered() -> tuple[list[str], list[str]]:
    """Return the base models that can be chosen, and why other folders cannot."""
    local, left_out = _folders(), {}
    for name, folder in local.items():
        try:
            settings_of(folder, name)
            files_of(folder, name)
            vocabulary_of(folder, name)
        except Invalid as error:
            left_out[name] = str(error)
    return [name for name in names() if name not in left_out], list(left_out.values())


def _folders() -> dict[str, Path]:
    root = os.environ.get(FOLDER, "").strip()
    if not root or not Path(root).is_dir():
        return {}
    found = sorted(path for path in Path(root).iterdir() if path.is_dir())
    return {path.name: path for path in found if not path.name.startswith(".")}


def find(name: str, digest: str | None = None, revision: str | None = None) -> Base:
    """Return a base model after looking at its files.

    Args:
        name: one of `names()`.
        digest: of the version of the small model that is wanted; the newest if absent.
        revision: of a model at the hub; the newest if absent.

    Raises:
        Invalid: it is not in the list, not a Qwen model, or has no safetensors.
        Unavailable: the hub does not answer.
    """
    if name == TINY:
        known = [_found(name, folder) for folder in versions(SHIPPED)]
        return next((one for one in known if one.digest == digest), known[-1])
    if name not in names():
        raise Invalid(f"There is no base model {name!r}, only {', '.join(names())}.", field=FIELD)
    local = _folders().get(name)
    if local is not None:
        return _found(name, local)
    folder = fetch(name, revision)
    return _found(name, folder, folder.name)


def versions(folder: Path) -> list[Path]:
    """Return the folders of the small model in a folder, the newest last."""
    return sorted(folder.glob(VERSIONS), key=lambda path: int(path.name.rpartition("-")[2]))


def _found(name: str, folder: Path, revision: str | None = None) -> Base:
    settings, files = settings_of(folder, name), files_of(folder, name)
    digest = _digest(tuple((str(path), path.stat().st_mtime_ns) for path in files))
    window = int(settings.get("max_position_embeddings", 2048))
    count = sum(_count(path) for path in files if path.suffix == ".safetensors")
    return Base(name, folder, str(settings["model_type"]), digest, count, window, revision)


@lru_cache(maxsize=8)
def _digest(files: tuple[tuple[str, int], ...]) -> str:
    """Return the SHA-256 of what the files hold; their times only say when to look again."""
    found = hashlib.sha256()
    for path, _ in files:
        with Path(path).open("rb") as stream:
            found.update(hashlib.file_digest(stream, "sha256").digest())
    return found.hexdigest()


def _count(path: Path) -> int:
    """Return how many numbers a file of safetensors holds, from its beginning."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        described = json.loads(stream.read(min(length, 100_000_000)))
    shapes = [part["shape"] for name, part in described.items() if name != "__metadata__"]
    return sum(int(torch.Size(shape).numel()) for shape in shapes)


def load(base: Base, device: torch.device) -> tuple[PreTrainedModel, Vocabulary]:
    """Return the network and its tokens; bfloat16 on a GPU.

    Raises:
        Invalid: the tokenizer cannot write digits, or the weights do not fit the configuration.
        NotEnoughMemory: the device has too little memory.
    """
    require_weights(base.name, base.parameters, device)
    vocabulary = vocabulary_of(base.folder, base.name)
    return _network(base, dtype_on(device)).to(device), vocabulary  # type: ignore[arg-type]


def _network(base: Base, dtype: torch.dtype) -> PreTrainedModel:
    import transformers
    from transformers.utils import logging

    from shared.forecasting.language import attention

    attention.register()
    logging.disable_progress_bar()
    build: dict[str, Any] = {
        "qwen2": transformers.Qwen2ForCausalLM,
        "qwen3": transformers.Qwen3ForCausalLM,
    }
    try:
        network, found = build[base.kind].from_pretrained(
            base.folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=dtype,
            attn_implementation=attention.NAME,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise Invalid(
            f"The base model {base.name!r} cannot be loaded: {error}", field=FIELD
        ) from error
    if lacking := sorted(found["missing_keys"]):  # the library would fill them by chance
        more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
        raise Invalid(
            f"The base model {base.name!r} is incomplete: its files lack "
            f"{', '.join(lacking[:NAMED])}{more}. Fetch it again.",
            field=FIELD,
        )
    return network
