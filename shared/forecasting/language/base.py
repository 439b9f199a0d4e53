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

from shared.forecasting.errors import Invalid, Unavailable
from shared.forecasting.language.vocabulary import Vocabulary
from shared.forecasting.memory import require

if TYPE_CHECKING:
    from transformers import PreTrainedModel

FOLDER = "SHELFCAST_QWEN_BASES"
HUB = "SHELFCAST_QWEN_HUB"
TINY = "shelfcast-tiny"
KINDS = ("qwen2", "qwen3")
FIELD = "/hyperparameters/base"
NAMED = 3  # weights that are missing
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True)
class Base:
    """A checked folder with a base model."""

    name: str
    folder: Path
    kind: str
    digest: str
    parameters: int
    window: int  # tokens that it can read


def names() -> list[str]:
    """Return the base models of this deployment: the small one, its folder's, its hub names."""
    found = [TINY]
    root = os.environ.get(FOLDER, "").strip()
    if root and Path(root).is_dir():
        found += sorted(path.name for path in Path(root).iterdir() if path.is_dir())
    found += [name.strip() for name in os.environ.get(HUB, "").split(",") if name.strip()]
    return list(dict.fromkeys(found))


def find(name: str) -> Base:
    """Return a base model after looking at its files.

    Raises:
        Invalid: it is not in the list, not a Qwen model, or has no safetensors.
        Unavailable: the hub does not answer.
    """
    folder = _folder(name)
    settings = _settings(folder, name)
    kind = str(settings.get("model_type"))
    if kind not in KINDS:
        raise Invalid(
            f"The base model {name!r} is a {kind!r} model: use Qwen2, Qwen2.5 or Qwen3.",
            field=FIELD,
        )
    if settings.get("use_sliding_window"):
        raise Invalid(
            f"The base model {name!r} reads through a sliding window, which is not supported.",
            field=FIELD,
        )
    if settings.get("quantization_config"):
        raise Invalid(
            f"The base model {name!r} is quantized, which cannot be fine-tuned here: use its "
            "original.",
            field=FIELD,
        )
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        pickled = any(True for pattern in PICKLES for _ in folder.glob(pattern))
        why = "only pickled weights, which can run code" if pickled else "no weights"
        raise Invalid(
            f"The base model {name!r} has {why}: its folder must hold *.safetensors.", field=FIELD
        )
    if not (folder / "tokenizer.json").is_file():
        raise Invalid(f"The base model {name!r} has no tokenizer.json.", field=FIELD)
    files = (folder / "config.json", folder / "tokenizer.json", *weights)
    digest = _digest(tuple((str(path), path.stat().st_mtime_ns) for path in files))
    window = int(settings.get("max_position_embeddings", 2048))
    return Base(name, folder, kind, digest, sum(_count(path) for path in weights), window)


def _folder(name: str) -> Path:
    if name == TINY:
        return Path(__file__).parent / "tiny"
    if name not in names():
        raise Invalid(f"There is no base model {name!r}, only {', '.join(names())}.", field=FIELD)
    root = os.environ.get(FOLDER, "").strip()
    if root and (Path(root) / name).is_dir():
        return Path(root) / name
    from huggingface_hub import snapshot_download

    try:
        found = snapshot_download(name, allow_patterns=["*.json", "*.safetensors"])
    except Exception as error:  # the hub's client raises errors of many libraries
        raise Unavailable(
            f"The base model {name!r} cannot be fetched: {error}", field=FIELD
        ) from error
    return Path(found)


def _settings(folder: Path, name: str) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Invalid(
            f"The base model {name!r} has no readable config.json.", field=FIELD
        ) from error


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
    from tokenizers import Tokenizer

    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    weights = base.parameters * dtype.itemsize
    require(weights, device, f"The base model {base.name!r}", "Choose a smaller one.", FIELD)
    vocabulary = Vocabulary.of(Tokenizer.from_file(str(base.folder / "tokenizer.json")))
    return _network(base, dtype).to(device), vocabulary  # type: ignore[arg-type]


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
