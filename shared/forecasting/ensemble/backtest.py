"""The windows on which the members of an ensemble are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.forecasting.panel import Index
from shared.forecasting.quantile_paths import Array
from shared.forecasting.register import Problem
from shared.forecasting.validation import SHORTEST_HISTORY, actual_values, places

EXTRA = 200  # windows further back, so that not one date alone decides
MOST_BACK = 16  # horizons
LARGEST_SHARE = 0.25  # of the usual series that is held back
ZEROS = 0.5  # share of zeros from which on a series counts as intermittent
RECENT = 56  # steps that say whether a series is intermittent


@dataclass(frozen=True)
class Backtest:
    """Windows that no member may learn from."""

    origins: list[tuple[int, int]]  # series, flat row of the first step
    stops: Index  # (series,) flat row before which members learn
    series: Index
    starts: Index
    actual: Array  # (window, horizon)
    groups: Index  # (window,) 1 where the series is intermittent

    def only(self, chosen: Index) -> Backtest:
        """Return these windows of it."""
        return Backtest(
            [self.origins[at] for at in chosen],
            self.stops,
            self.series[chosen],
            self.starts[chosen],
            self.actual[chosen],
            self.groups[chosen],
        )


def backtest(problem: Problem) -> Backtest:
    """Return the validation windows of the problem and some whole horizons further back."""
    panel, horizon = problem.panel, problem.recipe.horizon
    lengths = panel.stops - panel.offsets[:-1]
    back = _horizons_back(lengths, horizon)
    usable = (lengths - back * horizon >= SHORTEST_HISTORY) & (problem.train_stops < panel.stops)
    held = np.where(usable, panel.stops - back * horizon, panel.stops)
    stops = np.minimum(problem.train_stops, held)
    some = np.flatnonzero(usable)
    most = max(1, EXTRA // max(1, back - 1))
    if len(some) > most:
        some = some[np.linspace(0, len(some) - 1, most).astype(int)]
    more = [
        (int(one), int(panel.stops[one]) - number * horizon)
        for number in range(2, back + 1)
        for one in some
        if np.isfinite(panel.target[panel.offsets[one] : stops[one]]).any()
    ]
    known = set(problem.origins)
    origins = [*problem.origins, *(window for window in more if window not in known)]
    series, starts = places(panel, origins)
    return Backtest(
        origins,
        stops,
        series,
        starts,
        actual_values(panel, series, starts, horizon),
        groups(problem.panel.target, panel.offsets[series], places_before(problem, origins)),
    )


def places_before(problem: Problem, origins: list[tuple[int, int]]) -> Index:
    """Return the flat row where each window begins."""
    return np.array([row for _, row in origins], np.int64)


def groups(target: np.ndarray[tuple[int], np.dtype[np.float32]], low: Index, high: Index) -> Index:
    """Return 1 for each span of rows whose end holds many zeros, else 0."""
    found = np.zeros(len(low), np.int64)
    for place, (first, stop) in enumerate(zip(low, high, strict=True)):
        recent = target[max(int(first), int(stop) - RECENT) : max(int(first), int(stop))]
        seen = recent[~np.isnan(recent)]
        found[place] = int(len(seen) > 0 and float((seen == 0).mean()) > ZEROS)
    return found


def _horizons_back(lengths: Index, horizon: int) -> int:
    """Return how many whole horizons are held back: more where there are few series."""
    wanted = 1 + -(-EXTRA // max(1, len(lengths)))
    room = int(LARGEST_SHARE * float(np.median(lengths)) // horizon)
    return max(1, min(MOST_BACK, wanted, room))
