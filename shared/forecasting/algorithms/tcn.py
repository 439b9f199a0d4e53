"""TCN: Bai, Kolter and Koltun, "An Empirical Evaluation of Generic Convolutional …" (2018)."""

from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from shared.forecasting.alike import alike
from shared.forecasting.dropout import Dropout
from shared.forecasting.hyperparameters import parameter
from shared.forecasting.network import NETWORK, Network, NetworkHyperparameters, Shape, State
from shared.forecasting.register import register


class TCNHyperparameters(NetworkHyperparameters):
    hidden_size: int = parameter(
        48,
        ge=4,
        le=512,
        title="Hidden size",
        title_zh="隐藏单元数",
        text="How many channels each layer has.",
        text_zh="每层的通道数。",
    )
    layers: int = parameter(
        5,
        ge=1,
        le=12,
        title="Layers",
        title_zh="层数",
        text="How many layers are stacked; each one looks twice as far back as the one before.",
        text_zh="堆叠的层数；每一层回看的距离是前一层的两倍。",
    )
    kernel_size: int = parameter(
        3,
        ge=2,
        le=8,
        title="Kernel size",
        title_zh="卷积核大小",
        text="How many places of the past a layer looks at.",
        text_zh="每层同时查看过去的几个位置。",
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
    title="TCN",
    title_zh="时间卷积网络（TCN）",
    summary_zh="膨胀因果卷积网络：逐层成倍扩大视野，训练快，适合有固定周期的数据。",
    family=NETWORK,
    hyperparameters=TCNHyperparameters,
)
class TCN(Network):
    """Convolutions that look back twice as far in each layer; quick to train."""

    def __init__(self, hyperparameters: TCNHyperparameters, shape: Shape) -> None:
        super().__init__()
        self.width = hyperparameters.hidden_size
        self.read = nn.Linear(shape.inputs, self.width)
        self.layers = nn.ModuleList(
            Layer(self.width, hyperparameters.kernel_size, 2**depth, hyperparameters.dropout)
            for depth in range(hyperparameters.layers)
        )
        self.norm = nn.LayerNorm(self.width)

    def forward(
        self, inputs: Float[Tensor, "batch time channels"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time width"]:
        hidden = self.read(inputs)
        for layer in self.layers:
            hidden, _ = layer(hidden)
        return self.norm(hidden)

    def prefill(
        self,
        inputs: Float[Tensor, "batch time channels"],
        mask: Bool[Tensor, "batch time"],
        steps: int,
    ) -> tuple[Float[Tensor, "batch 1 width"], State]:
        hidden = self.read(inputs)
        before = []
        for layer in self.layers:
            hidden, latest = layer(hidden)
            before.append(latest)
        return self.norm(hidden[:, -1:]), {"before": before, "steps": steps}

    def expand(self, state: State, series: int, paths: int) -> State:
        """Share what lies before the forecast among a series' paths; a ring holds their own."""
        before = [latest[:series] for latest in state["before"]]
        own = [
            latest.new_empty(min(latest.shape[1], state["steps"]), series * paths, self.width)
            for latest in before
        ]
        return {**state, "before": before, "own": own, "paths": paths, "done": 0}

    def step(
        self, state: State, inputs: Float[Tensor, "batch 1 channels"]
    ) -> tuple[Float[Tensor, "batch 1 width"], State]:
        hidden, done = self.read(inputs[:, 0]), state["done"]
        for layer, before, own in zip(self.layers, state["before"], state["own"], strict=True):
            hidden = cast(Layer, layer).step(hidden, before, own, state["paths"], done)
        return self.norm(hidden)[:, None], {**state, "done": done + 1}


class Layer(nn.Module):
    """A causal convolution with holes, added to what came in."""

    def __init__(self, width: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.kernel, self.dilation = kernel, dilation
        self.norm = nn.LayerNorm(width)
        self.look = nn.Linear(kernel * width, 2 * width)
        self.merge = nn.Linear(width, width)
        self.dropout = Dropout(dropout)

    def forward(
        self, hidden: Float[Tensor, "batch time width"]
    ) -> tuple[Float[Tensor, "batch time width"], Float[Tensor, "batch reach width"]]:
        """Return the layer's output, and the latest inputs that later steps look back at."""
        reach, time = (self.kernel - 1) * self.dilation, hidden.shape[1]
        padded = F.pad(self.norm(hidden), (0, 0, reach, 0))
        taps = [padded[:, at : at + time] for at in range(0, reach + 1, self.dilation)]
        return self._added(hidden, torch.cat(taps, -1)), padded[:, time:]

    def step(
        self, hidden: Tensor, before: Tensor, own: Tensor, paths: int, done: int
    ) -> Float[Tensor, "rows width"]:
        now, reach, ring = self.norm(hidden), before.shape[1], len(own)
        taps = []
        for back in range(reach, 0, -self.dilation):
            if back > done:
                taps.append(before[:, reach + done - back].repeat_interleave(paths, 0))
            else:
                taps.append(own[(done - back) % ring])
        result = self._added(hidden, torch.cat([*taps, now], -1))
        own[done % ring] = now
        return result

    def _added(self, hidden: Tensor, taps: Tensor) -> Tensor:
        content, gate = self.look(taps).chunk(2, -1)
        return hidden + self.dropout(
            self.merge(alike(torch.tanh, content) * alike(torch.sigmoid, gate))
        )
