"""Answers what a series looked like before an origin, for many origins at once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.panel import Index, Panel, Values

Array = NDArray[np.float64]
Column = NDArray[np.floating[Any]]


class Sums:
    """Running sums of columns, begun anew at each series, so that no other series matters."""

    def __init__(self, values: Column, offsets: Index) -> None:
        """Add up; a missing value counts as nothing."""
        seen = ~np.isnan(values)
        filled = np.where(seen, values, 0.0)
        self.offsets = offsets
        self.total = _running(filled, offsets)
        self.count = _running(seen.astype(np.float64), offsets)

    def mean(self, series: Index, low: Index, high: Index) -> Array:
        """Return the mean of the observed values at places low … high-1, NaN without any."""
        start = self.offsets[series] + series  # each series has one more sum than rows
        first, last = start + np.minimum(low, high), start + high
        count = self.count[last] - self.count[first]
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Array = (self.total[last] - self.total[first]) / count
        return np.where(count > 0, found, np.nan)


def _running(values: Column, offsets: Index) -> Array:
    out = np.zeros((len(values) + len(offsets) - 1, *values.shape[1:]))
    for series, (low, high) in enumerate(pairwise(offsets)):
        np.cumsum(values[low:high], axis=0, out=out[low + series + 1 : high + series + 1])
    return out


class History:
    """The target of a panel by place: row 0 of a series is its place 0."""

    def __init__(self, panel: Panel) -> None:
        offsets = panel.offsets
        self.offsets = offsets
        self.lengths = panel.stops - offsets[:-1]
        self.target = panel.target
        values = panel.target.astype(np.float64)
        self.level = Sums(values, offsets)
        self.size = Sums(np.abs(values), offsets)
        self.square = Sums(values**2, offsets)
        self.zero = Sums(np.where(np.isnan(values), np.nan, values == 0), offsets)
        self.last_nonzero = _last(np.nan_to_num(values) != 0, offsets)

    def end(self, series: Index, origin: Index) -> Index:
        """Return the place after the last one that a forecast from `origin` may look at."""
        return np.clip(origin, 0, self.lengths[series])

    def at(self, series: Index, place: Index, end: Index) -> Array:
        """Return the values at these places, NaN where there are none before `end`."""
        known = (place >= 0) & (place < end)
        rows = np.where(known, self.offsets[series] + place, 0)
        return np.where(known, self.target[rows].astype(np.float64), np.nan)

    def idle(self, series: Index, end: Index) -> Array:
        """Return how many steps ago the last value other than zero was."""
        rows = self.offsets[series] + np.maximum(end - 1, 0)
        last = np.where(end > 0, self.last_nonzero[np.minimum(rows, len(self.target) - 1)], -1)
        return (end - 1 - last).astype(np.float64)


def _last(marked: NDArray[np.bool_], offsets: Index) -> Index:
    """Return, per row, the place of the last marked row of its series so far, -1 if none."""
    lengths = np.diff(offsets)
    places = np.arange(len(marked)) - np.repeat(offsets[:-1], lengths)
    # lifting each series above the one before keeps the running maximum inside it
    lift = np.repeat(offsets[:-1] + np.arange(len(lengths)), lengths) + 1
    highest = np.maximum.accumulate(np.where(marked, places, -1) + lift)
    return np.asarray(highest - lift, np.int64)


def middle(values: Array) -> Array:
    """Return the median of each row's observed values, NaN where there are none."""
    ordered = np.sort(values, axis=1)  # NaN goes last
    count = (~np.isnan(values)).sum(1)
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, values.shape[1] - 1)
    rows = np.arange(len(values))
    return np.asarray((ordered[rows, low] + ordered[rows, high]) / 2)


def average(values: Array) -> Array:
    """Return the mean of each row's observed values, NaN where there are none."""
    seen = ~np.isnan(values)
    count = seen.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, np.where(seen, values, 0.0).sum(1) / count, np.nan)


def float32(columns: list[Column]) -> Values:
    """Return the columns side by side."""
    table = np.empty((len(columns[0]), len(columns)), np.float32)
    for at, column in enumerate(columns):
        table[:, at] = column
    return table
