"""A direct network with what surrounds it: windows in units of their series, deciles out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from shared.forecasting.hyperparameters import Hyperparameters
from shared.forecasting.metrics import DECILES
from shared.forecasting.network.encoder import Encoder, Encoding, Scaled
from shared.forecasting.network.windows import Windows, WindowShape
from shared.forecasting.register import Algorithm


@dataclass(frozen=True)
class Look:
    """What a direct network reads and how much it must answer."""

    context: int
    horizon: int
    channels: int  # covariates of a step of the horizon
    steady: int  # numbers that say which series it is
    answers: int = len(DECILES)


class DirectBody(nn.Module):
    """What is trained and stored."""

    def __init__(
        self,
        algorithm: Algorithm,
        hyperparameters: Hyperparameters,
        encoding: Encoding,
        *,
        context: int,
        horizon: int,
    ) -> None:
        super().__init__()
        self.window = WindowShape(context, horizon, 1, encoding.lags)
        self.encoder = Encoder(encoding, context, 1)
        exogenous = self.encoder.exogenous_width + len(encoding.lags)
        look = Look(context, horizon, exogenous, exogenous)
        self.network: nn.Module = algorithm.build(hyperparameters, look)

    def forward(
        self, windows: Windows, drop_ids: Tensor | None = None
    ) -> tuple[Float[Tensor, "batch horizon 9"], Tensor, Tensor]:
        """Return the deciles in units of their window, with its loc and scale."""
        context = self.window.context
        scaled = self.encoder(windows, drop_ids)
        seen = (~torch.isnan(windows.target[:, :context])).float()
        level = (windows.target[:, :context] - scaled.loc[:, None]) / scaled.scale[:, None]
        level = torch.nan_to_num(level, nan=0.0).clamp(-20, 20)
        # the position before a step holds the covariates of that step
        told = scaled.inputs[:, context - 1 :, self.encoder.dynamic_width :]
        ahead = torch.cat([told, self._lags(windows, level, scaled)], -1)
        return self.network(level, seen, ahead), scaled.loc, scaled.scale

    def _lags(self, windows: Windows, level: Tensor, scaled: Scaled) -> Tensor:
        """Return, per step and lag, the latest known value a multiple of the lag before."""
        context, steps = self.window.context, torch.arange(self.window.horizon)
        columns = []
        for place, lag in enumerate(self.window.lags):
            if lag <= context:
                back = (steps // lag + 1) * lag
                columns.append(level[:, (context + steps - back).clamp(min=0)])
                continue
            found = windows.lagged[:, context:, place]
            found = (found - scaled.loc[:, None]) / scaled.scale[:, None]
            found = torch.where(steps.to(found.device) < lag, found, torch.nan)
            columns.append(torch.nan_to_num(found, nan=0.0).clamp(-20, 20))
        return torch.stack(columns, -1) if columns else level.new_zeros(len(level), len(steps), 0)


def pinball(
    deciles: Float[Tensor, "batch horizon 9"], value: Float[Tensor, "batch horizon"]
) -> Float[Tensor, "batch horizon"]:
    """Return the mean quantile loss of each step."""
    levels = torch.tensor(DECILES, device=deciles.device)
    error = value[..., None] - deciles
    return torch.maximum(levels * error, (levels - 1) * error).mean(-1)
