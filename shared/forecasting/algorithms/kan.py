"""KAN: learned splines in place of fixed activations, after Liu et al. (2024), arXiv 2404.19756."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from shared.forecasting.alike import alike
from shared.forecasting.hyperparameters import parameter
from shared.forecasting.network import NETWORK, Network, NetworkHyperparameters, Shape, State
from shared.forecasting.register import register

ORDER = 3  # cubic splines, as in the paper
REACH = 3.0  # inputs are standardised, so almost all of them lie on this grid
NOISE = 0.1
SIXTH = (1 / 6) ** (1 / 3)  # cubed, the factor of a bump
CACHED = 65_536  # numbers that the second cache of a core holds several times


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

    together = 1024  # the curves see to the caches themselves

    def __init__(self, hyperparameters: KANHyperparameters, shape: Shape) -> None:
        super().__init__()
        self.window = min(hyperparameters.window, shape.context_length)
        self.width, self.steady = hyperparameters.hidden_size, shape.steady
        sizes = [self.window + shape.inputs - 1] + [self.width] * hyperparameters.layers
        self.layers = nn.ModuleList(
            SplineLayer(before, after, hyperparameters.grid_size)
            for before, after in pairwise(sizes)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(self.width) for _ in sizes[1:])

    def forward(
        self, inputs: Float[Tensor, "batch time channels"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch last width"]:
        first = cast(SplineLayer, self.layers[0])
        return self._after(first.over_time(inputs, self.window, self.steady))

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

    def positions(self, context: int) -> int:
        return 1  # only the last one is read

    def _curves(self, values: Tensor) -> Tensor:
        return self._after(self.layers[0](values))

    def _after(self, hidden: Tensor) -> Tensor:
        """Return what the later layers make of what the first one says."""
        hidden = self.norms[0](hidden)
        for layer, norm in zip(self.layers[1:], self.norms[1:], strict=True):
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
        weights = self._weights().flatten(1)
        return F.linear(self.curves(values).flatten(-2), weights, self.base.bias)

    def over_time(
        self, values: Float[Tensor, "batch time channels"], window: int, steady: int
    ) -> Float[Tensor, "batch last outputs"]:
        """Read, at every place, the last `window` values of the first channel and the others.

        Each curve is evaluated once per value, not once per window that holds it: the windows
        become a convolution. The last `steady` channels are read once.
        """
        weights = self._weights()
        inputs = weights.shape[-1]
        channels = values.shape[-1] - steady
        # only what is steady, the ids, comes from weights
        moving, fixed = values[..., :channels].detach(), values[:, -1, channels:]
        lagged, other, last = weights.split([window, inputs - window - steady, steady], -1)
        found = F.conv1d(self.curves(moving[..., 0]), lagged).mT
        found = found + F.linear(
            self.curves(moving[:, window - 1 :, 1:]).flatten(-2), other.flatten(1)
        )
        once = F.linear(self.curves(fixed).flatten(-2), last.flatten(1), self.base.bias)
        return found + once[:, None]

    def _weights(self) -> Float[Tensor, "outputs curves inputs"]:
        outputs, inputs = self.base.weight.shape
        coefficients = self.coefficients.view(outputs, inputs, -1).mT
        return torch.cat([coefficients, self.base.weight[:, None]], 1)

    def curves(self, values: Float[Tensor, "*shape inputs"]) -> Tensor:
        """Return the cubic B-splines and SiLU at each value (*shape, curves, inputs)."""
        learning = torch.is_grad_enabled()  # which a function of its own cannot see
        found: Tensor = Curves.apply(values, self.knots, self.spacing, learning)  # type: ignore[no-untyped-call]
        return found


class Curves(torch.autograd.Function):
    """The cubic B-splines of an even grid, and SiLU, with few passes over memory.

    All splines are one bump moved along, so the bump's closed form replaces the recursion of the
    general definition: ((2-|x|)³ - 4 (1-|x|)³) / 6, each cube only where it is positive. What
    takes time is memory, so everything happens in place, on a CPU within its caches.
    """

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, knots: Tensor, spacing: float, learning: bool = True
    ) -> Tensor:
        ctx.save_for_backward(values, knots)
        ctx.spacing = spacing
        inputs, count = values.shape[-1], len(knots)
        found = values.new_empty(*values.shape[:-1], count + 1, inputs)
        rows = found.view(-1, count + 1, inputs)
        flat = values.reshape(-1, 1, inputs) * (SIXTH / spacing)
        places, reach = knots[:, None] * SIXTH, values.new_tensor(2 * SIXTH)
        for part, (bump, inner) in _parts(len(rows), values.new_empty(2, 1, count, inputs)):
            torch.sub(flat[part], places, out=bump).abs_()
            torch.add(reach, bump, alpha=-1, out=bump).clamp_(min=0)
            torch.sub(bump, SIXTH, out=inner).clamp_(min=0)
            torch.sub(bump.pow_(3), inner.pow_(3), alpha=4, out=rows[part, :-1])
        found[..., -1, :] = F.silu(values) if learning else alike(F.silu, values)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """With y = x within ±2 and s what of it is beyond ±1: slope -2y + 3/2 y|y| - 2s|s|."""
        values, knots = ctx.saved_tensors
        inputs, count = values.shape[-1], len(knots)
        rows = gradients[0].reshape(-1, count + 1, inputs)
        flat, places = values.reshape(-1, 1, inputs) / ctx.spacing, knots[:, None]
        slope = values.new_empty(len(rows), inputs)
        for part, (away, rise, size) in _parts(len(rows), values.new_empty(3, 1, count, inputs)):
            torch.sub(flat[part], places, out=away).clamp_(-2, 2)
            torch.abs(away, out=rise).mul_(1.5).sub_(2).mul_(away)
            beyond = F.softshrink(away, 1.0)
            rise.addcmul_(beyond, torch.abs(beyond, out=size), value=-2)
            torch.sum(rise.mul_(rows[part, :-1]), 1, out=slope[part])
        found = slope.view_as(values).div_(ctx.spacing)
        share = torch.sigmoid(values)
        found += gradients[0][..., -1, :] * (share * (1 + values * (1 - share)))
        return found, None, None, None


def _parts(count: int, like: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Return spans of so many rows, each with room to compute in, shaped as that of one row."""
    held = torch.get_num_threads() * CACHED
    together = max(1, held // like[0].numel()) if like.device.type == "cpu" else count
    room = like.new_empty(len(like), min(count, together), *like.shape[2:])
    for at in range(0, count, together):
        part = slice(at, min(count, at + together))
        yield part, room[:, : part.stop - at]
