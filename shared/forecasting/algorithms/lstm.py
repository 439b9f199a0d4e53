"""LSTM: Hochreiter and Schmidhuber (1997), used as in DeepAR (Salinas et al., 2020)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from shared.forecasting.alike import alike
from shared.forecasting.dropout import Dropout
from shared.forecasting.hyperparameters import parameter
from shared.forecasting.network import (
    NETWORK,
    Network,
    NetworkHyperparameters,
    Shape,
    State,
    repeated,
)
from shared.forecasting.register import register


class LSTMHyperparameters(NetworkHyperparameters):
    hidden_size: int = parameter(
        64,
        ge=4,
        le=1024,
        title="Hidden size",
        title_zh="隐藏单元数",
        text="How much the network can remember from step to step.",
        text_zh="网络逐步记忆的容量。",
    )
    layers: int = parameter(
        1,
        ge=1,
        le=8,
        title="Layers",
        title_zh="层数",
        text="How many recurrent layers are stacked.",
        text_zh="堆叠的循环层数。",
    )
    dropout: float = parameter(
        0.1,
        ge=0.0,
        le=0.9,
        title="Dropout",
        title_zh="随机失活",
        text="Share of hidden values that are hidden from the output while learning.",
        text_zh="训练时对输出屏蔽的隐藏值比例。",
    )


@register(
    title="LSTM",
    title_zh="长短期记忆网络（LSTM）",
    summary_zh="循环神经网络：逐步读取历史并记住重要信息，适合大多数销售数据。",
    family=NETWORK,
    hyperparameters=LSTMHyperparameters,
)
class LSTM(Network):
    """A recurrent network that reads step by step; a good first choice for sales."""

    def __init__(self, hyperparameters: LSTMHyperparameters, shape: Shape) -> None:
        super().__init__()
        self.width = hyperparameters.hidden_size
        self.layers = hyperparameters.layers
        self.lstm = nn.LSTM(shape.inputs, self.width, self.layers, batch_first=True)
        self.dropout = Dropout(hyperparameters.dropout)

    def forward(
        self, inputs: Float[Tensor, "batch time channels"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time width"]:
        return self.dropout(self.lstm(inputs)[0])

    def prefill(
        self,
        inputs: Float[Tensor, "batch time channels"],
        mask: Bool[Tensor, "batch time"],
        steps: int,
    ) -> tuple[Float[Tensor, "batch 1 width"], State]:
        hidden, (h, c) = self.lstm(inputs)
        memory = [(h[layer], c[layer]) for layer in range(self.layers)]
        return hidden[:, -1:], {"memory": memory, "weights": self._weights()}

    def expand(self, state: State, series: int, paths: int) -> State:
        return {**state, "memory": repeated(state["memory"], series, paths)}

    def step(
        self, state: State, inputs: Float[Tensor, "batch 1 channels"]
    ) -> tuple[Float[Tensor, "batch 1 width"], State]:
        below = inputs[:, 0]
        memory = []
        for (h, c), weights in zip(state["memory"], state["weights"], strict=True):
            h, c = _cell(below, h, c, *weights)
            memory.append((h, c))
            below = h
        return below[:, None], {**state, "memory": memory}

    def _weights(self) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Return each layer's weights with those of the new content doubled, see `_cell`."""
        double = torch.ones(4, 1, device=next(self.lstm.parameters()).device)
        double[2] = 2.0
        factor = double.expand(4, self.width).reshape(-1)
        return [
            ((below.t() * factor), (before.t() * factor), (bias + more) * factor)
            for below, before, bias, more in self.lstm.all_weights
        ]


def _cell(
    below: Tensor, h: Tensor, c: Tensor, from_below: Tensor, from_before: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor]:
    """Do one step of one layer; much lighter than calling `nn.LSTM` for a single step.

    tanh(x) is 2 sigmoid(2x) - 1, and one sigmoid over all gates is far cheaper than a tanh.
    """
    gates = torch.addmm(bias, below, from_below).addmm_(h, from_before)
    admit, forget, new, show = alike(torch.sigmoid_, gates).chunk(4, 1)
    c = torch.addcmul(forget * c - admit, admit, new, value=2.0)
    return torch.addcmul(-show, show, alike(torch.sigmoid_, 2 * c), value=2.0), c
