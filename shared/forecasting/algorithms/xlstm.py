"""xLSTM: Beck et al., "xLSTM: Extended Long Short-Term Memory" (2024), its mLSTM blocks."""

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

KERNEL = 4  # of the convolution before keys and queries, as in the paper
WIDER = 2  # how much wider than its input a block is inside
LONGEST_MEMORY = 6.0  # bias of the forget gate: the slowest head forgets 0.25 % per step
SHORTEST_MEMORY = 3.0
QUIET = -10.0  # bias of the input gate: what is stored begins small


class XLSTMHyperparameters(NetworkHyperparameters):
    hidden_size: int = parameter(
        32,
        ge=4,
        le=512,
        multiple_of=4,
        title="Hidden size",
        title_zh="隐藏单元数",
        text="Length of the vector between blocks; a multiple of 4.",
        text_zh="模块之间的向量长度，须为 4 的倍数。",
    )
    layers: int = parameter(
        2,
        ge=1,
        le=8,
        title="Layers",
        title_zh="层数",
        text="How many blocks are stacked.",
        text_zh="堆叠的模块数。",
    )
    heads: Literal[1, 2, 4] = parameter(
        4,
        title="Memory heads",
        title_zh="记忆头数",
        text="How many matrices each block remembers the past in.",
        text_zh="每个模块用几个矩阵记忆过去。",
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
    title="xLSTM",
    title_zh="扩展长短期记忆网络（xLSTM）",
    summary_zh="带矩阵记忆和指数门控的 LSTM：像注意力一样并行训练，像循环网络一样逐步预测。",
    family=NETWORK,
    hyperparameters=XLSTMHyperparameters,
)
class XLSTM(Network):
    """An LSTM with a matrix as memory: learns all steps at once, forecasts step by step."""

    def __init__(self, hyperparameters: XLSTMHyperparameters, shape: Shape) -> None:
        super().__init__()
        self.width = hyperparameters.hidden_size
        self.read = nn.Linear(shape.inputs, self.width)
        self.blocks = nn.ModuleList(
            Block(self.width, hyperparameters.heads, hyperparameters.dropout)
            for _ in range(hyperparameters.layers)
        )
        self.norm = nn.LayerNorm(self.width)

    def forward(
        self, inputs: Float[Tensor, "batch time channels"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time width"]:
        hidden = self.read(inputs)
        for block in self.blocks:
            hidden = block(hidden)
        return self.norm(hidden)

    def prefill(
        self,
        inputs: Float[Tensor, "batch time channels"],
        mask: Bool[Tensor, "batch time"],
        steps: int,
    ) -> tuple[Float[Tensor, "batch 1 width"], State]:
        hidden, memories = self.read(inputs), []
        for block in self.blocks:
            hidden, memory = cast(Block, block).remember(hidden)
            memories.append(memory)
        return self.norm(hidden[:, -1:]), memories

    def step(
        self, state: State, inputs: Float[Tensor, "batch 1 channels"]
    ) -> tuple[Float[Tensor, "batch 1 width"], State]:
        hidden, memories = self.read(inputs[:, 0]), []
        for block, memory in zip(self.blocks, state, strict=True):
            hidden, after = cast(Block, block).step(hidden, memory)
            memories.append(after)
        return self.norm(hidden)[:, None], memories


class Block(nn.Module):
    """An mLSTM block with its own up- and down-projection (the paper's figure 11)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        inner = WIDER * width
        self.heads, self.size = heads, inner // heads
        self.before = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 2 * inner)
        self.mix = nn.Conv1d(inner, inner, KERNEL, groups=inner, bias=False)
        self.look = nn.Linear(inner, 2 * inner)
        self.content = nn.Linear(inner, inner)
        self.gates = nn.Linear(inner, 2 * heads)
        self.after = nn.GroupNorm(heads, inner)
        self.skip = nn.Parameter(torch.ones(inner))
        self.narrow = nn.Linear(inner, width)
        self.dropout = Dropout(dropout)
        nn.init.normal_(self.gates.weight, std=0.02)
        with torch.no_grad():
            self.gates.bias[:heads] = QUIET
            self.gates.bias[heads:] = torch.linspace(SHORTEST_MEMORY, LONGEST_MEMORY, heads)

    def forward(self, hidden: Float[Tensor, "batch time width"]) -> Tensor:
        return self._parallel(hidden)[0]

    def remember(self, hidden: Float[Tensor, "batch time width"]) -> tuple[Tensor, State]:
        """Read a whole context; also return the memory after its last step."""
        result, inside, keys, values, admit, forget = self._parallel(hidden)
        # how much of each step is left at the end: what was let in and not forgotten since
        left = admit + forget.flip(-1).cumsum(-1).flip(-1) - forget  # (batch, heads, time)
        top = left.amax(-1)
        share = alike(torch.exp, left - top[..., None])[..., None]
        matrix = keys.mT @ (share * values)  # (batch, heads, size, size)
        latest = F.pad(inside, (0, 0, KERNEL - 1, 0))[:, -(KERNEL - 1) :].unbind(1)
        return result, (matrix, (share * keys).sum(2), top, latest)

    def _parallel(self, hidden: Tensor) -> tuple[Tensor, ...]:
        inside, gate = self.widen(self.before(hidden)).chunk(2, -1)
        mixed = alike(F.silu, self.mix(F.pad(inside.mT, (KERNEL - 1, 0))).mT)
        query, key = (self._split(part) for part in self.look(mixed).chunk(2, -1))
        key, value = key * self.size**-0.5, self._split(self.content(inside))
        admit, forget = self.gates(mixed).mT.chunk(2, 1)  # each (batch, heads, time)
        forget = alike(F.logsigmoid, forget)
        found = attend(query, key, value, admit, forget)
        mixed_in = found.transpose(1, 2).flatten(2)
        return self._added(hidden, mixed_in, mixed, gate), inside, key, value, admit, forget

    def step(self, hidden: Float[Tensor, "rows width"], memory: State) -> tuple[Tensor, State]:
        """Do one step in the recurrent form (equations 19 to 27); changes the memory."""
        matrix, total, top, latest = memory
        inside, gate = self.widen(self.before(hidden)).chunk(2, -1)
        *earlier, now = self.mix.weight[:, 0].unbind(1)
        mixed = inside * now
        for past, weight in zip(latest, earlier, strict=True):
            mixed = torch.addcmul(mixed, past, weight)
        mixed = alike(F.silu, mixed)
        query, key = (part.unflatten(-1, (self.heads, -1)) for part in self.look(mixed).chunk(2, 1))
        key, value = key * self.size**-0.5, self.content(inside).unflatten(-1, (self.heads, -1))
        admit, forget = self.gates(mixed).chunk(2, 1)  # each (rows, heads)
        kept = alike(F.logsigmoid, forget) + top
        top = torch.maximum(kept, admit)
        keep, take = alike(torch.exp, kept - top), alike(torch.exp, admit - top)
        stored = take[..., None] * key
        matrix.mul_(keep[..., None, None]).addcmul_(stored[..., None], value[..., None, :])
        total.mul_(keep[..., None]).add_(stored)
        size = torch.maximum((total * query).sum(-1).abs(), alike(torch.exp, -top))
        found = (query[..., None, :] @ matrix)[..., 0, :] / size[..., None]
        result = self._added(hidden, found.flatten(1), mixed, gate)
        return result, (matrix, total, top, (*latest[1:], inside))

    def _split(self, values: Tensor) -> Float[Tensor, "batch heads time size"]:
        return values.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _added(self, hidden: Tensor, found: Tensor, mixed: Tensor, gate: Tensor) -> Tensor:
        flat = found.reshape(-1, found.shape[-1])
        normed = self.after(flat).view_as(found) + self.skip * mixed
        return hidden + self.dropout(self.narrow(normed * alike(F.silu, gate)))


def attend(
    query: Float[Tensor, "batch heads time size"],
    key: Float[Tensor, "batch heads time size"],
    value: Float[Tensor, "batch heads time size"],
    admit: Float[Tensor, "batch heads time"],
    forget: Float[Tensor, "batch heads time"],
) -> Float[Tensor, "batch heads time size"]:
    """Return what every step reads from the memory of the steps before it, all at once.

    Args:
        query: what each step looks for.
        key: under what each step is stored.
        value: what is stored.
        admit: logarithm of how much of a step is let in.
        forget: logarithm of how much of the memory a step keeps.
    """
    reached = forget.cumsum(-1)
    offer = admit - reached  # what a step has left later on, but for what both forget
    top = offer.detach().cummax(-1).values[..., None]  # any shift gives the same quotient
    time = query.shape[2]
    later = torch.ones(time, time, dtype=torch.bool, device=query.device).triu(1)
    share = (offer[..., None, :] - top).masked_fill_(later, -torch.inf)
    share = alike(torch.exp_, share)  # (…, now, stored)
    weights = (query @ key.mT) * share
    size = torch.maximum(
        weights.sum(-1, keepdim=True).abs(), alike(torch.exp, -top - reached[..., None])
    )
    return (weights @ value) / size
