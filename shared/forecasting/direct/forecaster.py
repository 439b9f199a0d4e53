"""A trained direct network: deciles of the horizon in one pass, longer ones block by block."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting import quantile_paths
from shared.forecasting.alike import filled
from shared.forecasting.direct.body import DirectBody
from shared.forecasting.metrics import DECILES
from shared.forecasting.network.encoding import id_codes
from shared.forecasting.network.windows import Source, Windows, forecast_windows
from shared.forecasting.panel import Index, Panel
from shared.forecasting.quantile_paths import MIDDLE, Array

TOGETHER = 1024


class DirectForecaster:
    """A trained network and the ids it knows."""

    def __init__(
        self,
        body: DirectBody,
        vocabulary: dict[str, tuple[str, ...]],
        dependence: float = quantile_paths.USUAL_DEPENDENCE,
    ) -> None:
        self.body, self.vocabulary, self.dependence = body.eval(), vocabulary, dependence
        self._source: tuple[Panel, Source] | None = None

    @torch.inference_mode()
    def quantiles(self, panel: Panel, series: Index, starts: Index, horizon: int) -> Array:
        """Return the deciles of each step (series, horizon, 9), ascending."""
        self.body.eval()
        source = self._prepared(panel)
        block = self.body.window.horizon
        out = np.empty((len(series), -(-horizon // block) * block, len(DECILES)))
        device = self.body.encoder.log_scale.device
        for at in range(0, len(series), TOGETHER):
            part = np.arange(at, min(at + TOGETHER, len(series)))
            part = np.resize(part, filled(len(part), 1, device))
            for done in range(0, horizon, block):
                windows = forecast_windows(
                    panel,
                    source,
                    series[part],
                    starts[part] + done,
                    self.body.window,
                    min(block, horizon - done),
                )
                windows = self._continued(windows, out[part, :done, MIDDLE])
                deciles, loc, scale = self.body(windows.to(device))
                values = deciles * scale[:, None, None] + loc[:, None, None]
                out[part, done : done + block] = values.cpu().numpy()
        return np.sort(out[:, :horizon], axis=2)

    def _prepared(self, panel: Panel) -> Source:
        """Return the panel as tensors; remembered, because most calls repeat the panel."""
        remembered = self._source  # read once: another thread may replace it meanwhile
        if remembered is None or remembered[0] is not panel:
            codes = id_codes(panel, self.vocabulary)
            remembered = (panel, Source(panel, codes, torch.device("cpu")))
            self._source = remembered
        return remembered[1]

    def _continued(self, windows: Windows, medians: Array) -> Windows:
        """Put medians where the forecast has already been; nothing else of it is known."""
        done, context = medians.shape[1], self.body.window.context
        if not done:
            return windows
        target, past, lagged = windows.target.clone(), windows.past.clone(), windows.lagged.clone()
        low = max(0, context - done)
        target[:, low:context] = torch.from_numpy(medians[:, done - (context - low) :]).float()
        past[:, low:context] = torch.nan
        steps = torch.arange(lagged.shape[1]) - (context - done)  # since the forecast began
        for place, lag in enumerate(self.body.window.lags):
            lagged[:, steps >= lag, place] = torch.nan
        return replace(windows, target=target, past=past, lagged=lagged)

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon), each series by itself."""
        quantiles = self.quantiles(panel, series, starts, horizon)
        return quantile_paths.draw(quantiles, self.dependence, panel.hashes[series], paths, seed)

    def state(self) -> dict[str, Tensor]:
        """Return the weights."""
        return {name: part.cpu().contiguous() for name, part in self.body.state_dict().items()}

    def settings(self) -> dict[str, Any]:
        """Return the encoding, the window and how steps hang together."""
        return {
            "encoding": asdict(self.body.encoder.encoding),
            "context": self.body.window.context,
            "dependence": self.dependence,
        }

    def write(self, folder: Path) -> list[Path]:
        """Write nothing: the tensors and the manifest say it all."""
        return []
