"""Draws examples (series, origin, step ahead) to learn from, and builds their features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from shared.forecasting.boosting.features import Features, Layout, Places, width
from shared.forecasting.boosting.history import Array
from shared.forecasting.future import horizon_values
from shared.forecasting.memory import require
from shared.forecasting.panel import Index, Panel, Values
from shared.forecasting.scopes import subset

PANEL_ROWS = 2_000_000  # rows of the panel looked at together
EXAMPLES = 200_000  # examples foretold together
FEWEST_BEFORE = 8  # steps before the first origin, where the series has them
FEATURE = 8 + 3 * 4 + 1  # bytes: its column, the table and its parts, LightGBM's copy and bins
SUMS = 150  # bytes per row of the panel, for running sums
WEIGHT = 0.5  # an example counts as its series' size to this power
FARTHEST = 0.0005  # share of examples at either end that is pulled in


@dataclass(frozen=True)
class Examples:
    """What a booster reads: features, values in units of their series, and units."""

    table: Values
    value: Array
    scale: Array

    @property
    def weight(self) -> Array:
        """Return how much each example counts."""
        weight = (self.scale / self.scale.mean()) ** WEIGHT
        return np.asarray(np.clip(weight, 0.05, 20.0))

    def bounded(self) -> Array:
        """Return the values without a few that are far from all others."""
        low, high = np.quantile(self.value, [FARTHEST, 1 - FARTHEST])
        return np.clip(self.value, min(1.5 * low, low), max(1.5 * high, high))


def require_memory(panel: Panel, stops: Index, horizon: int, rows: int, layout: Layout) -> None:
    """Refuse to draw more examples than fit.

    Raises:
        NotEnoughMemory: with the figures.
    """
    possible = int(np.maximum(stops - panel.offsets[:-1], 0).sum()) * horizon
    looked_at = min(PANEL_ROWS + int(np.diff(panel.offsets).max()), len(panel.target))
    needed = min(rows, possible) * FEATURE * width(panel, layout) + looked_at * SUMS
    advice = "Choose fewer examples."
    require(needed, torch.device("cpu"), "Learning", advice, "/hyperparameters/rows")


def training(
    panel: Panel, stops: Index, horizon: int, rows: int, layout: Layout, codes: Index, seed: int
) -> Examples:
    """Return at most `rows` examples whose targets lie before `stops`."""
    series, origin, step = _drawn(panel, stops, horizon, rows, seed)
    tables, values, scales = [], [], []
    for chosen, part, inner in _groups(panel, series):
        features = Features(part, layout, codes[chosen])
        at = np.isin(series, chosen)
        places = Places(inner[series[at]], origin[at], step[at])
        target = part.target[part.offsets[places.series] + places.target].astype(np.float64)
        places = Places(*(column[~np.isnan(target)] for column in vars(places).values()))
        scale = features.scale(places)
        known = (
            part.known_values[part.offsets[places.series] + places.target]
            if part.known
            else (np.zeros((len(scale), 0), np.float32))
        )
        tables.append(features.table(places, scale, known))
        values.append(target[~np.isnan(target)] / scale)
        scales.append(scale)
    return Examples(np.concatenate(tables), np.concatenate(values), np.concatenate(scales))


def _drawn(
    panel: Panel, stops: Index, horizon: int, rows: int, seed: int
) -> tuple[Index, Index, Index]:
    """Choose series, origin and step at random, each possible triple as likely as any other."""
    lengths = stops - panel.offsets[:-1]
    first = np.minimum(FEWEST_BEFORE, np.maximum(lengths // 3, 1))
    origins = np.maximum(lengths - first, 0)
    ends = np.cumsum(origins * horizon)
    total = int(ends[-1])
    random = np.random.default_rng(seed)
    drawn = (
        np.arange(total)
        if total <= rows
        else np.unique(random.integers(0, total, rows, dtype=np.int64))
    )
    series = np.searchsorted(ends, drawn, "right")
    inside = drawn - (ends[series] - origins[series] * horizon)
    origin, step = first[series] + inside // horizon, inside % horizon
    usable = origin + step < lengths[series]
    return series[usable], origin[usable], step[usable]


def _groups(panel: Panel, series: Index) -> Iterator[tuple[Index, Panel, NDArray[np.int64]]]:
    """Yield the series that occur, some at a time: which, their panel, and their places in it."""
    chosen = np.unique(series)
    rows = np.cumsum(np.diff(panel.offsets)[chosen])
    for group in np.unique(rows // PANEL_ROWS):
        some = chosen[rows // PANEL_ROWS == group]
        inner = np.full(len(panel), -1, np.int64)
        inner[some] = np.arange(len(some))
        yield some, subset(panel, some), inner


@dataclass(frozen=True)
class Horizons:
    """The features of whole horizons: (window x step) rows."""

    table: Values
    scale: Array


def horizons(
    panel: Panel, series: Index, starts: Index, horizon: int, layout: Layout, codes: Index
) -> Iterator[tuple[slice, Horizons]]:
    """Yield the features of these forecasts, some windows at a time."""
    size = max(1, EXAMPLES // horizon)
    for at in range(0, len(series), size):
        part = slice(at, at + size)
        some, place = np.unique(series[part], return_inverse=True)
        features = Features(subset(panel, some), layout, codes[some])
        origin = starts[part] - panel.first[series[part]]
        places = Places(
            np.repeat(place, horizon),
            np.repeat(origin, horizon),
            np.tile(np.arange(horizon), len(origin)),
        )
        known = [
            horizon_values(panel, int(one), int(start), horizon)
            for one, start in zip(series[part], starts[part], strict=True)
        ]
        scale = features.scale(places)
        yield part, Horizons(features.table(places, scale, np.concatenate(known)), scale)
