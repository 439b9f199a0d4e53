"""How many bytes a network needs to write, and to learn, known before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from shared.forecasting.memory import kept_bytes

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

COPIES = 4  # of the adapter beside itself: gradients, two moments of Adam, the best epoch
ROOM = 1.5  # over what is kept for the gradients: what comes and goes meanwhile
AGAIN = 4  # layers' worth, while one layer is computed again, with the allocator's leftovers


def bytes_of_series(network: PreTrainedModel, prompt: int, paths: int, steps: int) -> int:
    """Return how many bytes a series needs while its paths are written."""
    config = network.config
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    item = next(network.parameters()).dtype.itemsize
    kept = 2 * config.num_hidden_layers * config.num_key_value_heads * width * item
    reading = prompt * 4 * (3 * config.hidden_size + 2 * config.intermediate_size)
    scores = 12 * paths * 2 * heads * (prompt + steps)
    passing = paths * 2 * 4 * (3 * config.hidden_size + 2 * config.intermediate_size)
    return int(kept * (prompt + paths * steps) + reading + scores + passing)


def bytes_of_learning(adapted: PeftModel, windows: int, tokens: int, *, sparing: bool) -> int:
    """Return how many bytes a step of learning needs above the weights.

    Args:
        adapted: the network with its adapter.
        windows: that are read at once.
        tokens: of the longest of them.
        sparing: only what goes into each layer is kept, and the rest computed again.
    """
    inner: Any = adapted.get_base_model().model
    layers, like = len(inner.layers), inner.embed_tokens.weight
    hidden = like.new_empty(windows, tokens, like.shape[1], device="meta", requires_grad=True)
    place = torch.arange(tokens, device=like.device)[None]
    angles = tuple(part.to("meta") for part in inner.rotary_emb(like[:1, None], place))

    def read(layer: Any, given: Tensor) -> object:
        layer.gradient_checkpointing = False  # a layer by itself keeps all that it computes
        return layer(given, position_embeddings=angles, attention_mask=None)

    one = kept_bytes(inner.layers[0], read, hidden)
    kept = AGAIN * one + layers * hidden.nbytes if sparing else layers * one
    own = sum(part.nbytes for part in adapted.parameters() if part.requires_grad)
    return int(ROOM * kept + COPIES * own)
