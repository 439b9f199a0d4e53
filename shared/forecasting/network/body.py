"""A whole forecasting network: encoder, the algorithm's network, and the output head."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from shared.forecasting.heads import HEADS
from shared.forecasting.hyperparameters import Hyperparameters
from shared.forecasting.network.base import Network, Shape
from shared.forecasting.network.encoder import Encoder, Encoding, Scaled
from shared.forecasting.network.windows import Windows, WindowShape
from shared.forecasting.register import Algorithm


class Body(nn.Module):
    """What is trained and stored."""

    def __init__(
        self,
        algorithm: Algorithm,
        hyperparameters: Hyperparameters,
        encoding: Encoding,
        *,
        head: str,
        context: int,
        horizon: int,
    ) -> None:
        super().__init__()
        patch = patch_of(hyperparameters)
        context, horizon = _rounded(context, patch), _rounded(horizon, patch)
        self.window = WindowShape(context, horizon, patch, encoding.lags)
        self.encoder = Encoder(encoding, context, patch)
        self.head = HEADS[head]
        inputs = self.encoder.dynamic_width + self.encoder.exogenous_width
        shape = Shape(inputs, context, horizon, self.encoder.steady_width)
        self.network: Network = algorithm.build(hyperparameters, shape)
        self.parameters_of = nn.Linear(self.network.width, self.head.parameters)

    def forward(self, windows: Windows, scaled: Scaled) -> tuple[Tensor, Tensor]:
        """Return the loss of every position that the network answers, and where it counts."""
        hidden = self.network(scaled.inputs, scaled.mask)
        last = hidden.shape[1]
        value = windows.target[:, -last:]
        counts = ~torch.isnan(value) & scaled.mask[:, -last:]
        loss: Float[Tensor, "batch last"] = self.head.loss(
            self.parameters_of(hidden),
            torch.nan_to_num(value, nan=0.0),
            scaled.loc[:, None],
            scaled.scale[:, None],
        )
        return torch.where(counts, loss, 0.0), counts


def patch_of(hyperparameters: Hyperparameters) -> int:
    """Return how many steps the network foretells at once: its `patch_length`, if it has one."""
    return int(getattr(hyperparameters, "patch_length", 1))


def _rounded(steps: int, patch: int) -> int:
    return -(-steps // patch) * patch
