"""Grown trees that foretell the deciles of each step; stored as LightGBM's own text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting import quantile_paths
from shared.forecasting.boosting.examples import Horizons, horizons
from shared.forecasting.boosting.features import Layout
from shared.forecasting.boosting.history import Array
from shared.forecasting.metrics import DECILES
from shared.forecasting.network.encoding import id_codes
from shared.forecasting.panel import Index, Panel

TEXT = "trees_{}.txt"


@dataclass(frozen=True)
class Spread:
    """Deciles of actual value over mean, for boosters that foretell the mean alone."""

    edges: tuple[float, ...]  # of the mean in units of its series
    factors: tuple[tuple[float, ...], ...]  # (edges + 1, 9)

    def deciles(self, mean: Array) -> Array:
        """Return the deciles around each mean (example, 9)."""
        place = np.searchsorted(np.asarray(self.edges), mean, "right")
        found: Array = mean[:, None] * np.asarray(self.factors)[place]
        return found


class BoostedForecaster:
    """Boosters, one per quantile, or one for the mean with a spread around it."""

    def __init__(
        self,
        boosters: list[Any],
        levels: tuple[float, ...],
        layout: Layout,
        vocabulary: dict[str, tuple[str, ...]],
        *,
        dependence: float = quantile_paths.USUAL_DEPENDENCE,
        spread: Spread | None = None,
    ) -> None:
        self.boosters, self.levels, self.layout = boosters, levels, layout
        self.vocabulary, self.dependence, self.spread = vocabulary, dependence, spread

    def quantiles(self, panel: Panel, series: Index, starts: Index, horizon: int) -> Array:
        """Return the deciles of each step (series, horizon, 9), ascending."""
        codes = id_codes(panel, self.vocabulary)
        out = np.empty((len(series), horizon, len(DECILES)))
        for part, rows in horizons(panel, series, starts, horizon, self.layout, codes):
            out[part] = self.deciles(rows).reshape(-1, horizon, len(DECILES))
        return out

    def deciles(self, rows: Horizons) -> Array:
        """Return the deciles of each example (example, 9), ascending, in the data's own unit."""
        raw = np.stack([booster.predict(rows.table) for booster in self.boosters], 1)
        return self.completed(raw) * rows.scale[:, None]

    def completed(self, raw: Array) -> Array:
        """Return all deciles from what the boosters say (example, booster)."""
        if self.spread is not None:
            return self.spread.deciles(raw[:, 0])
        return between(raw, self.levels)

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon), each series by itself."""
        quantiles = self.quantiles(panel, series, starts, horizon)
        return quantile_paths.draw(quantiles, self.dependence, panel.hashes[series], paths, seed)

    def state(self) -> dict[str, Tensor]:
        """Return nothing: the trees are text."""
        return {}

    def settings(self) -> dict[str, Any]:
        """Return the layout of the features and how the boosters' answers are read."""
        return {
            "layout": asdict(self.layout),
            "levels": self.levels,
            "dependence": self.dependence,
            "spread": None if self.spread is None else asdict(self.spread),
        }

    def write(self, folder: Path) -> list[Path]:
        """Write each booster as text."""
        files = []
        for place, booster in enumerate(self.boosters):
            files.append(folder / TEXT.format(place))
            files[-1].write_text(booster.model_to_string(), encoding="utf-8")
        return files


def between(raw: Array, levels: tuple[float, ...]) -> Array:
    """Return all deciles from those at `levels`, ascending; straight lines between them."""
    ordered = np.sort(raw, axis=1)
    mix = np.stack([np.interp(DECILES, levels, row) for row in np.eye(len(levels))])
    found: Array = ordered @ mix
    return found
