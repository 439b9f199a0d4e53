"""Attention of many paths to one prompt: its keys and values are kept once per series."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

NAME = "shelfcast_shared_prompt"


class SharedPrompt:
    """Keys and values of the prompts, read once, and of what each path has written since.

    Stands where a network expects its cache. The paths of series s are the rows s·paths …
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
        self.keys = [key.new_empty(room) for key, _ in layers]
        self.values = [value.new_empty(room) for _, value in layers]
        hidden = torch.zeros_like(mask, dtype=layers[0][0].dtype)
        self.hidden = hidden.masked_fill(~mask, -torch.inf)[:, None, None]  # (series, 1, 1, prompt)

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: Any) -> tuple[Tensor, Tensor]:
        """Store what a step adds and return all that the paths have written."""
        stop = self.done + keys.shape[2]
        self.keys[layer][:, :, self.done : stop] = keys
        self.values[layer][:, :, self.done : stop] = values
        return self.keys[layer][:, :, :stop], self.values[layer][:, :, :stop]

    def attend(self, layer: int, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return what each query (row, heads, step, width) finds in its prompt and its path."""
        rows, heads, steps, width = query.shape
        groups, paths = keys.shape[1], self.paths
        grouped = query.reshape(rows, groups, -1, width)  # heads that share keys side by side
        own = grouped @ keys.transpose(2, 3)
        if steps > 1:
            own = own + _later(steps, keys.shape[2], own)[None, None].repeat(
                1, 1, heads // groups, 1
            )
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


def _later(steps: int, length: int, like: Tensor) -> Tensor:
    """Return −∞ where a query of this step would look at a later one (steps, length)."""
    return torch.full((steps, length), -torch.inf, dtype=like.dtype, device=like.device).triu(
        length - steps + 1
    )


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
