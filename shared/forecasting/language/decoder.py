"""Writes numbers digit by digit: the prompt is read once per series, all paths step together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from shared.forecasting.language.attention import SharedPrompt
from shared.forecasting.language.vocabulary import Vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Writer:
    """A network that writes, and the tokens it may write."""

    network: PreTrainedModel
    vocabulary: Vocabulary
    temperature: float = 1.0

    @property
    def device(self) -> torch.device:
        """Return where the network is."""
        return self.network.device

    def held(self) -> int:
        """Return the bytes of the network's weights."""
        return sum(part.nbytes for part in self.network.parameters())

    @torch.inference_mode()
    def write(
        self,
        tokens: Int[Tensor, "series prompt"],
        mask: Bool[Tensor, "series prompt"],
        uniform: Float[Tensor, "horizon digits series paths"],
    ) -> Int[Tensor, "series paths horizon"]:
        """Return the codes that each path writes after its series' prompt.

        Only digits can be drawn, because only their rows of the output head are multiplied.
        The separator after each value is fed together with its last digit, so that a value
        costs as many passes as it has digits.

        Args:
            tokens: prompts, padded on the left.
            mask: True where a prompt has a token.
            uniform: the random numbers.
        """
        horizon, digits, series, paths = uniform.shape
        hidden, shared = self._read(tokens, mask, paths, horizon * (digits + 1))
        table = self.table()
        # every path asks the table, so that a product of few rows does not round another way
        every = hidden.float().repeat_interleave(paths, 0)
        logits = (every @ table.T).view(series, paths, -1)
        signs = torch.tensor(self.vocabulary.digits, device=tokens.device)
        separator = torch.full((series * paths, 1), self.vocabulary.separator, device=signs.device)
        place = mask.sum(1).repeat_interleave(paths)[:, None]  # of the next token of each path
        codes = torch.zeros(series, paths, horizon, dtype=torch.int64, device=tokens.device)
        for step in range(horizon):
            for digit in range(digits):
                drawn = self._draw(logits, uniform[step, digit])
                codes[:, :, step] += drawn * 10 ** (digits - 1 - digit)
                last = digit == digits - 1
                if last and step == horizon - 1:
                    break
                fed = signs[drawn].view(-1, 1)
                fed = torch.cat([fed, separator], 1) if last else fed
                said = self._step(fed, place, shared).float()
                logits = (said @ table.T).view(series, paths, -1)
                place = place + fed.shape[1]
        return codes

    def _read(
        self, tokens: Tensor, mask: Tensor, paths: int, steps: int
    ) -> tuple[Tensor, SharedPrompt]:
        """Read the prompts once; return what stands at their ends, and their keys and values."""
        position = (mask.cumsum(1) - 1).clamp(min=0)
        read = self.network.model(
            input_ids=tokens,
            attention_mask=None if bool(mask.all()) else mask,
            position_ids=position,
            use_cache=True,
        )
        layers = [(layer.keys, layer.values) for layer in read.past_key_values.layers]
        return read.last_hidden_state[:, -1], SharedPrompt(layers, mask, paths, steps)

    def _step(self, fed: Tensor, place: Tensor, shared: SharedPrompt) -> Tensor:
        """Feed one or two tokens per path and return what stands at the last."""
        ahead = torch.arange(fed.shape[1], device=fed.device)
        read = self.network.model(
            input_ids=fed,
            attention_mask={"full_attention": None},
            position_ids=place + ahead,
            past_key_values=shared,
            shared=shared,
        )
        shared.done += fed.shape[1]
        return read.last_hidden_state[:, -1]

    def table(self) -> Tensor:
        """Return the rows of the output head that belong to digits (10, width), in float32."""
        head = self.network.get_output_embeddings()
        return head.weight[list(self.vocabulary.digits)].float()

    def _draw(self, logits: Tensor, uniform: Tensor) -> Tensor:
        """Return the digit of each path (series, paths) that its number points at."""
        share = (logits.double() / self.temperature).softmax(-1).cumsum(-1)
        return (uniform[..., None].double() > share).sum(-1).clamp(max=9)
