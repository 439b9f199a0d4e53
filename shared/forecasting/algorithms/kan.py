"""KAN: learned splines in place of fixed activations, after Liu et al. (2024), arXiv 2404.19756."""

from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from shared.forecasting.hyperparameters import parameter
from shared.forecasting.network import NETWORK, Network, NetworkHyperparameters, Shape, State
from shared.forecasting.register import register

ORDER = 3  # cubic splines, as in the paper
REACH = 3.0  # inputs are standardised, so almost all of them lie on this grid
NOISE = 0.1


class KANHyperparameters(NetworkHyperparameters):
    window: int = parameter(
        28,
        ge=1,
        le=1000,
        title="Window",
        title_zh="窗口长度",
        text="How many of the latest values are looked at, at most the context.",
        text_zh="直接查看的最近数值个数，最多为上下文长度。",
    )
    hidden_size: int = parameter(
        32,
        ge=2,
        le=512,
        title="Hidden size",
        title_zh="隐藏单元数",
        text="How many nodes a layer has.",
        text_zh="每层的节点数。",
    )
    layers: int = parameter(
        2,
        ge=1,
        le=6,
        title="Layers",
        title_zh="层数",
        text="How many spline layers are stacked.",
        text_zh="堆叠的样条层数。",
    )
    grid_size: int = parameter(
        5,
        ge=2,
        le=64,
        title="Grid size",
        title_zh="网格数",
        text="Pieces of each spline; more of them bend more finely and learn more slowly.",
        text_zh="每条样条的分段数；越多越精细，训练也越慢。",
    )


@register(
    title="KAN",
    title_zh="KAN 网络（Kolmogorov-Arnold）",
    summary_zh="用可学习的样条函数代替固定激活函数的小型网络，结构紧凑、易于解读。",
    family=NETWORK,
    hyperparameters=KANHyperparameters,
)
class KAN(Network):
    """A small network of learned curves over the latest values; compact and readable."""

    def __init__(self, hyperparameters: KANHyperparameters, shape: Shape) -> None:
        super().__init__()
        self.window = min(hyperparameters.window, shape.context_length)
        self.width = hyperparameters.hidden_size
        sizes = [self.window + shape.inputs - 1] + [self.width] * hyperparameters.layers
        self.layers = nn.ModuleList(
            SplineLayer(before, after, hyperparameters.grid_size)
            for before, after in pairwise(sizes)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(self.width) for _ in sizes[1:])

    def forward(
        self, inputs: Float[Tensor, "batch time channels"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch last width"]:
        windows = inputs[..., 0].unfold(1, self.window, 1)  # (batch, last, window)
        return self._curves(torch.cat([windows, inputs[:, self.window - 1 :, 1:]], -1))

    def prefill(
        self,
        inputs: Float[Tensor, "batch time channels"],
        mask: Bool[Tensor, "batch time"],
        steps: int,
    ) -> tuple[Float[Tensor, "batch 1 width"], State]:
        latest = inputs[:, -self.window :, 0]
        hidden = self._curves(torch.cat([latest, inputs[:, -1, 1:]], -1))
        room = latest.new_zeros(len(latest), steps)
        return hidden[:, None], {"values": torch.cat([latest, room], 1), "read": self.window}

    def step(
        self, state: State, inputs: Float[Tensor, "batch 1 channels"]
    ) -> tuple[Float[Tensor, "batch 1 width"], State]:
        values, read = state["values"], state["read"]
        values[:, read] = inputs[:, 0, 0]
        latest = values[:, read + 1 - self.window : read + 1]
        hidden = self._curves(torch.cat([latest, inputs[:, 0, 1:]], -1))
        return hidden[:, None], {"values": values, "read": read + 1}

    def _curves(self, hidden: Tensor) -> Tensor:
        for layer, norm in zip(self.layers, self.norms, strict=True):
            hidden = norm(layer(hidden))
        return hidden


class SplineLayer(nn.Module):
    """Every input reaches every output through a curve of its own: SiLU plus a B-spline."""

    def __init__(self, inputs: int, outputs: int, grid_size: int) -> None:
        super().__init__()
        self.spacing = 2 * REACH / grid_size
        count = grid_size + ORDER
        middle = (count - 1) / 2
        self.knots: Tensor
        self.register_buffer("knots", (torch.arange(count) - middle), persistent=False)
        self.base = nn.Linear(inputs, outputs)
        self.coefficients = nn.Parameter(torch.empty(outputs, inputs * count))
        nn.init.normal_(self.coefficients, std=NOISE / (inputs**0.5))

    def forward(self, values: Float[Tensor, "*shape inputs"]) -> Float[Tensor, "*shape outputs"]:
        basis = self.basis(values).flatten(-2)
        return self.base(F.silu(values)) + F.linear(basis, self.coefficients)

    def basis(self, values: Float[Tensor, "*shape inputs"]) -> Float[Tensor, "*shape inputs knots"]:
        """Return the cubic B-splines at each value.

        On an even grid all of them are one bump moved along, so the bump's closed form replaces
        the recursion of the general definition.
        """
        distance = (values[..., None] / self.spacing - self.knots).abs()
        outer = F.relu(2 - distance)
        inner = F.relu(1 - distance)
        return (outer * outer * outer - 4 * inner * inner * inner) / 6
