"""What a folder with a base model must hold: a Qwen model, safetensors, a tokenizer of digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.forecasting.errors import Invalid
from shared.forecasting.language.vocabulary import Vocabulary

KINDS = ("qwen2", "qwen3")
FIELD = "/hyperparameters/base"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def settings_of(folder: Path, name: str) -> dict[str, Any]:
    """Return a base model's configuration, if it is one that can be fine-tuned here.

    Raises:
        Invalid: it is not a Qwen model, or one that is stored in another way.
    """
    try:
        settings = dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Invalid(
            f"The base model {name!r} has no readable config.json.", field=FIELD
        ) from error
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
    return settings


def files_of(folder: Path, name: str) -> list[Path]:
    """Return the files that make a base model what it is.

    Raises:
        Invalid: there are no safe weights, or no tokenizer.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        pickled = any(True for pattern in PICKLES for _ in folder.glob(pattern))
        why = "only pickled weights, which can run code" if pickled else "no weights"
        raise Invalid(
            f"The base model {name!r} has {why}: its folder must hold *.safetensors.", field=FIELD
        )
    if not (folder / "tokenizer.json").is_file():
        raise Invalid(f"The base model {name!r} has no tokenizer.json.", field=FIELD)
    return [folder / "config.json", folder / "tokenizer.json", *weights]


def vocabulary_of(folder: Path, name: str) -> Vocabulary:
    """Return the tokens of a base model.

    Raises:
        Invalid: its tokenizer cannot be read, or cannot write numbers digit by digit.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises nothing narrower
        raise Invalid(
            f"The base model {name!r} has no readable tokenizer.json.", field=FIELD
        ) from error
    try:
        return Vocabulary.of(tokenizer)
    except Invalid as error:
        raise Invalid(f"The base model {name!r}: {error}", field=FIELD) from error
