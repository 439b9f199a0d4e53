"""Attention of many paths to one prompt: its keys and values are kept once per series."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

NAME = "shelfcast_shared_prompt"


class SharedPrompt:
    """Keys and values of the prompts, read once, and of what each path has written since.

    Stands where a network expects its cache. The paths of series s are the rows s·paths …
    The room for what they write is taken before the first step, and every step attends to all of
    it with what is not written yet hidden, so that no shape changes from step to step.
    """

    def __init__(self, layers: list[tuple[Tensor, Tensor]], mask: Tensor, paths: int, steps: int):
        """Make room for so many steps of so many paths.

        Args:
            layers: keys and values per layer, (series, heads, prompt, width).
            mask: True where the prompt has a token, (series, prompt).
            paths: per series.
            steps: tokens that a path may write.
        """
        self.prompt, self.paths, self.done = layers, paths, 0
        series, heads, _, width = layers[0][0].shape
        room = (series * paths, heads, steps, width)
        self.keys = [key.new_zeros(room) for key, _ in layers]
        self.values = [value.new_zeros(room) for _, value in layers]
        hidden = torch.zeros_like(mask, dtype=layers[0][0].dtype)
        self.hidden = hidden.masked_fill(~mask, -torch.inf)[:, None, None]  # (series, 1, 1, prompt)
        self.later = torch.full_like(hidden[:1, :1], -torch.inf).expand(steps, steps).triu(1)

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: Any) -> tuple[Tensor, Tensor]:
        """Store what a step adds and return the whole room."""
        stop = self.done + keys.shape[2]
        self.keys[layer][:, :, self.done : stop] = keys
        self.values[layer][:, :, self.done : stop] = values
        return self.keys[layer], self.values[layer]

    def attend(self, layer: int, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return what each query (row, heads, step, width) finds in its prompt and its path."""
        rows, heads, steps, width = query.shape
        groups, paths = keys.shape[1], self.paths
        grouped = query.reshape(rows, groups, -1, width)  # heads that share keys side by side
        later = self.later[self.done : self.done + steps].repeat(heads // groups, 1)
        own = grouped @ keys.transpose(2, 3) + later
        prompt_keys, prompt_values = self.prompt[layer]
        series = rows // paths
        wide = grouped.view(series, paths, groups, -1, width).transpose(1, 2).flatten(2, 3)
        there = wide @ prompt_keys.transpose(2, 3) + self.hidden
        length = there.shape[-1]
        there = there.view(series, groups, paths, -1, length).transpose(1, 2).flatten(0, 1)
        weight = torch.cat([there, own], -1).softmax(-1, dtype=torch.float32).to(query.dtype)
        found = weight[..., length:] @ values
        back = weight[..., :length].view(series, paths, groups, -1, length).transpose(1, 2)
        read = back.flatten(2, 3) @ prompt_values
        found = found + read.view(series, groups, paths, -1, width).transpose(1, 2).flatten(0, 1)
        return found.view(rows, heads, steps, width)


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    shared: SharedPrompt | None = None,
    **more: Any,
) -> tuple[Tensor, None]:
    """Attend as usual, or to a shared prompt while paths are being written."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if shared is None:
        usual = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **more
        )
        return usual[0], None
    layer = int(module.layer_idx)  # type: ignore[arg-type]
    found = shared.attend(layer, query * scaling, key, value)
    return found.transpose(1, 2), None


def register() -> None:
    """Make this attention known to the library under `NAME`."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
