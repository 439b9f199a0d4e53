"""Transformer: a causal decoder (Vaswani et al., 2017) with rotary positions and patches."""

from dataclasses import dataclass
from typing import Literal, cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from shared.forecasting.alike import alike
from shared.forecasting.dropout import Dropout
from shared.forecasting.hyperparameters import parameter
from shared.forecasting.network import NETWORK, Network, NetworkHyperparameters, Shape, State
from shared.forecasting.register import register

ROTARY_BASE = 10_000.0


class TransformerHyperparameters(NetworkHyperparameters):
    hidden_size: int = parameter(
        64,
        ge=8,
        le=1024,
        multiple_of=8,
        title="Hidden size",
        title_zh="隐藏单元数",
        text="Length of the vector of one position; a multiple of 8.",
        text_zh="每个位置的向量长度，须为 8 的倍数。",
    )
    layers: int = parameter(
        2,
        ge=1,
        le=12,
        title="Layers",
        title_zh="层数",
        text="How many blocks are stacked.",
        text_zh="堆叠的模块数。",
    )
    heads: Literal[1, 2, 4] = parameter(
        4,
        title="Attention heads",
        title_zh="注意力头数",
        text="How many places of the past a position can look at at once.",
        text_zh="每个位置同时关注过去的几处。",
    )
    patch_length: int = parameter(
        1,
        ge=1,
        le=64,
        title="Patch length",
        title_zh="分块长度",
        text="Steps that are read and foretold together; longer ones are faster on hourly data.",
        text_zh="一起读取和预测的步数；对小时级数据，较大的值更快。",
    )
    dropout: float = parameter(
        0.1,
        ge=0.0,
        le=0.9,
        title="Dropout",
        title_zh="随机失活",
        text="Share of hidden values that are left out while learning.",
        text_zh="训练时屏蔽的隐藏值比例。",
    )


@register(
    title="Transformer",
    title_zh="Transformer",
    summary_zh="用注意力机制回看历史中相似时刻的解码器，适合数据量大、规律长的场景。",
    family=NETWORK,
    hyperparameters=TransformerHyperparameters,
)
class Transformer(Network):
    """A decoder that looks back at similar moments; good where there is much data."""

    def __init__(self, hyperparameters: TransformerHyperparameters, shape: Shape) -> None:
        super().__init__()
        size = hyperparameters.hidden_size
        heads = hyperparameters.heads
        self.patch, self.width = hyperparameters.patch_length, size
        self.head_size = size // heads
        self.read = nn.Linear(self.patch * shape.inputs, size)
        self.blocks = nn.ModuleList(
            Block(size, heads, hyperparameters.dropout) for _ in range(hyperparameters.layers)
        )
        self.norm = nn.LayerNorm(size)
        self.write = nn.Linear(size, self.patch * size) if self.patch > 1 else nn.Identity()

    def forward(
        self, inputs: Float[Tensor, "batch time channels"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time width"]:
        hidden = self._tokens(inputs)
        turn = rotations(hidden.shape[1], self.head_size, hidden.device)
        allowed = self._allowed(mask)
        for block in self.blocks:
            hidden, _ = block(hidden, turn, allowed)
        return self._steps(hidden)

    def prefill(
        self,
        inputs: Float[Tensor, "batch time channels"],
        mask: Bool[Tensor, "batch time"],
        steps: int,
    ) -> tuple[Float[Tensor, "batch patch width"], State]:
        hidden = self._tokens(inputs)
        read = hidden.shape[1]
        turn = rotations(read + steps, self.head_size, hidden.device)
        allowed = self._allowed(mask)
        caches = []
        for block in self.blocks:
            hidden, cache = block(hidden, turn[:, :read], allowed)
            caches.append(cache)
        context = {"caches": caches, "seen": allowed[:, 0, -1], "turn": turn, "steps": steps}
        return self._steps(hidden)[:, -self.patch :], context

    def expand(self, state: State, series: int, paths: int) -> State:
        """Share the context among a series' paths; only what they add is their own."""
        caches = [(keys[:series], values[:series]) for keys, values in state["caches"]]
        _, heads, _, size = caches[0][0].shape
        room = (series * paths, heads, state["steps"], size)
        own = [(keys.new_zeros(room), keys.new_zeros(room)) for keys, _ in caches]
        seen = state["seen"][:series]
        return {**state, "caches": caches, "seen": seen, "own": own, "paths": paths, "done": 0}

    def step(
        self, state: State, inputs: Float[Tensor, "batch patch channels"]
    ) -> tuple[Float[Tensor, "batch patch width"], State]:
        hidden = self._tokens(inputs)
        done = state["done"]
        position = state["seen"].shape[1] + done
        turn = state["turn"][:, position : position + 1]
        for block, (keys, values), (own_keys, own_values) in zip(
            self.blocks, state["caches"], state["own"], strict=True
        ):
            memory = Memory(keys, values, own_keys, own_values, state["seen"], done)
            hidden = cast(Block, block).step(hidden, turn, memory)
        return self._steps(hidden), {**state, "done": done + 1}

    def _tokens(self, inputs: Tensor) -> Tensor:
        batch, time, channels = inputs.shape
        return self.read(inputs.reshape(batch, time // self.patch, self.patch * channels))

    def _steps(self, hidden: Tensor) -> Tensor:
        return self.write(self.norm(hidden)).reshape(len(hidden), -1, self.width)

    def _allowed(self, mask: Tensor) -> Tensor:
        """Return which token may look at which: earlier ones inside the series, and itself."""
        inside = mask.view(len(mask), -1, self.patch).any(-1)  # (batch, tokens)
        tokens = inside.shape[1]
        earlier = torch.ones(tokens, tokens, dtype=torch.bool, device=mask.device).tril()
        itself = torch.eye(tokens, dtype=torch.bool, device=mask.device)
        return (earlier & (inside[:, None] | itself))[:, None]  # (batch, 1, query, key)


@dataclass(frozen=True)
class Memory:
    """Keys and values that a step can look at: the series' context, and the path's own steps."""

    keys: Float[Tensor, "series heads context size"]
    values: Float[Tensor, "series heads context size"]
    own_keys: Float[Tensor, "batch heads steps size"]
    own_values: Float[Tensor, "batch heads steps size"]
    seen: Bool[Tensor, "series context"]
    done: int

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Return what a query (series x paths, heads, 1, size) finds, after adding its own."""
        self.own_keys[:, :, self.done] = key[:, :, 0]
        self.own_values[:, :, self.done] = value[:, :, 0]
        own = slice(0, self.done + 1)
        series, heads, context, size = self.keys.shape
        rows = len(query)
        # (series, heads, paths, size): all paths of a series read its context in one product
        asked = (query * size**-0.5).view(series, -1, heads, size).transpose(1, 2)
        scores = query.new_empty(series, heads, asked.shape[2], context + self.done + 1)
        far = asked @ self.keys.mT
        scores[..., :context] = far.masked_fill(~self.seen[:, None, None], -torch.inf)
        near = (query * size**-0.5) @ self.own_keys[:, :, own].mT  # (rows, heads, 1, done + 1)
        scores[..., context:] = near.view(series, -1, heads, self.done + 1).transpose(1, 2)
        weights = scores.softmax(-1)
        found = weights[..., :context] @ self.values
        mine = weights[..., context:].transpose(1, 2).reshape(rows, heads, 1, -1)
        return (
            found.transpose(1, 2).reshape(rows, heads, 1, size) + mine @ self.own_values[:, :, own]
        )


class Block(nn.Module):
    """Attention, then a small network, each added to what came in."""

    def __init__(self, size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(size), nn.LayerNorm(size)
        self.project = nn.Linear(size, 3 * size)
        self.merge = nn.Linear(size, size)
        self.widen, self.narrow = nn.Linear(size, 2 * size), nn.Linear(2 * size, size)
        self.dropout = Dropout(dropout)

    def forward(
        self, hidden: Tensor, turn: Tensor, allowed: Tensor
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        query, key, value = self._projected(hidden, turn)
        found = F.scaled_dot_product_attention(query, key, value, attn_mask=allowed)
        return self._added(hidden, found), (key, value)

    def step(self, hidden: Tensor, turn: Tensor, memory: Memory) -> Tensor:
        query, key, value = self._projected(hidden, turn)
        return self._added(hidden, memory.attend(query, key, value))

    def _projected(self, hidden: Tensor, turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, time, _ = hidden.shape
        parts = self.project(self.before(hidden)).view(batch, time, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (batch, heads, time, size)
        return rotated(query, turn), rotated(key, turn), value

    def _added(self, hidden: Tensor, found: Tensor) -> Tensor:
        merged = found.transpose(1, 2).flatten(2)
        hidden = hidden + self.dropout(self.merge(merged))
        inner = self.narrow(alike(F.gelu, self.widen(self.between(hidden))))
        return hidden + self.dropout(inner)


def rotations(length: int, size: int, device: torch.device) -> Float[Tensor, "2 length half"]:
    """Return cosine and sine of the angle by which each position turns each pair of numbers."""
    half = size // 2
    speed = ROTARY_BASE ** (-torch.arange(half, device=device) / max(1, half))
    angle = torch.arange(length, device=device)[:, None] * speed
    return torch.stack([angle.cos(), angle.sin()])


def rotated(values: Float[Tensor, "batch heads time size"], turn: Tensor) -> Tensor:
    """Turn the pairs of numbers by their position, so that products depend on distance alone."""
    cos, sin = turn
    first, second = values.chunk(2, -1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)
