"""Several fitted algorithms whose quantiles are averaged with weights."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting import quantile_paths
from shared.forecasting.calibration import quantiles_of
from shared.forecasting.ensemble.backtest import groups
from shared.forecasting.ensemble.weights import combined
from shared.forecasting.metrics import DECILES
from shared.forecasting.panel import Index, Panel
from shared.forecasting.quantile_paths import Array, QuantileForecaster
from shared.forecasting.register import Forecaster

PATHS = 100  # of a member that only draws
CHUNK = 128


@dataclass
class Member:
    """A fitted algorithm of an ensemble."""

    name: str
    hyperparameters: dict[str, Any]
    forecaster: Forecaster


@dataclass
class Remembered:
    """What members said about the windows of the backtest, so that nobody asks twice."""

    target: NDArray[np.float32] | None = None  # of the panel that was asked about
    deciles: dict[tuple[int, int], Array] = field(default_factory=dict)


class EnsembleForecaster:
    """Members with one set of weights per group of series."""

    def __init__(
        self,
        members: list[Member],
        weights: Array,
        *,
        nonnegative: bool,
        dependence: float,
        remembered: Remembered | None = None,
    ) -> None:
        self.members, self.weights = members, weights
        self.nonnegative, self.dependence = nonnegative, dependence
        self.remembered = remembered or Remembered()

    def quantiles(self, panel: Panel, series: Index, starts: Index, horizon: int) -> Array:
        """Return the deciles of each step (series, horizon, 9), ascending."""
        known = self.remembered.deciles if panel.target is self.remembered.target else {}
        asked = list(zip(series.tolist(), starts.tolist(), strict=True))
        if known and all(one in known and len(known[one]) == horizon for one in asked):
            return np.stack([known[one] for one in asked])
        low = panel.offsets[series]
        high = np.minimum(low + starts - panel.first[series], panel.stops[series])
        shares = self.weights[groups(panel.target, low, high)]  # (window, member)
        said = [
            deciles(member.forecaster, panel, series, starts, horizon, self.nonnegative)
            for member in self.members
        ]
        return np.sort(combined(said, shares), axis=2)

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon), each series by itself."""
        quantiles = self.quantiles(panel, series, starts, horizon)
        return quantile_paths.draw(quantiles, self.dependence, panel.hashes[series], paths, seed)

    def state(self) -> dict[str, Tensor]:
        """Return the members' tensors, each under its member's name."""
        return {
            f"{member.name}.{name}": part
            for member in self.members
            for name, part in member.forecaster.state().items()
        }

    def settings(self) -> dict[str, Any]:
        """Return the members with their options and weights."""
        return {
            "members": [
                {
                    "name": member.name,
                    "hyperparameters": member.hyperparameters,
                    "settings": member.forecaster.settings(),
                }
                for member in self.members
            ],
            "weights": self.weights.tolist(),
            "nonnegative": self.nonnegative,
            "dependence": self.dependence,
        }

    def write(self, folder: Path) -> list[Path]:
        """Write the members' files, each with its member's name before its own."""
        files = []
        for member in self.members:
            with tempfile.TemporaryDirectory() as name:
                for path in member.forecaster.write(Path(name)):
                    files.append(folder / f"{member.name}-{path.name}")
                    shutil.copyfile(path, files[-1])
        return files


def deciles(
    forecaster: Forecaster,
    panel: Panel,
    series: Index,
    starts: Index,
    horizon: int,
    nonnegative: bool,
) -> Array:
    """Return the deciles of each step (series, horizon, 9), of paths where a member draws them."""
    if isinstance(forecaster, QuantileForecaster):
        found = forecaster.quantiles(panel, series, starts, horizon)
    else:
        found = np.empty((len(series), horizon, len(DECILES)))
        for at in range(0, len(series), CHUNK):
            part = slice(at, at + CHUNK)
            drawn = forecaster.draw(panel, series[part], starts[part], horizon, PATHS, 0)
            found[part] = quantiles_of(np.sort(drawn.astype(np.float64), axis=1), DECILES)
    return np.maximum(found, 0.0) if nonnegative else found
