"""Finds values far outside what their series and season make likely."""

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.columns import Floats
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.report import Report
from services.registry.cleaning.statistics import BLOCK, Cells, Statistics, sums_of
from services.registry.sentences import say

_FAR = 8.0  # robust standard deviations
_FEWEST = 30
_ROUNDS = 3


def mend_outliers(panel: Panel, statistics: Statistics, report: Report) -> bool:
    """Note outliers, and mend them if that was chosen; say whether values changed."""
    found, limits = [], []
    for start, stop in panel.blocks(BLOCK):
        cells, bounds = _block(panel, start, stop)
        found.append(cells)
        limits.append(bounds)
    where, bounds = np.concatenate(found), np.concatenate(limits)
    if not len(where):
        return False
    fix = report.note(
        "outliers",
        "info",
        len(where),
        say("outliers", count=len(where)),
        [f"{panel.place(int(i))}: {panel.target[i]:g}" for i in where[:5]],
    )
    if fix == "keep":
        return False
    panel.target = panel.target.copy()
    panel.target[where] = np.nan if fix == "missing" else bounds
    return True


def _block(panel: Panel, start: int, stop: int) -> tuple[NDArray[np.int64], Floats]:
    """Return the cells of outliers, and the limit that each goes beyond.

    The spread is taken again without the values beyond it, so that an outlier does not hide
    itself or its neighbours.
    """
    cells = Cells.of(panel, start, stop)
    place = panel.offsets[start:stop][cells.owner] + cells.step
    has = ~np.isnan(cells.values)
    number = np.bincount(cells.owner[has], minlength=cells.count)
    has &= (number >= _FEWEST)[cells.owner]
    values, owner, step = cells.values[has], cells.owner[has], cells.step[has]
    season = panel.grid.season if panel.grid.season <= 60 else 1
    slot = owner * season + step % season
    good: NDArray[np.bool_] | slice = slice(None)
    middle = spread = np.zeros(len(values))
    for _ in range(_ROUNDS):
        middle = _means(values, slot, good, cells.count * season)[slot]
        rest = values - middle
        variance = _variance(rest, owner, good, cells.count)
        spread = np.sqrt(variance)[owner]
        good = np.abs(rest) <= 4 * np.maximum(spread, 1e-9)
    rest = values - middle
    far = (np.abs(rest) > _FAR * spread) & (spread > 1e-9)
    limit = middle + np.sign(rest) * _FAR * spread
    return place[has][far], limit[far]


def _variance(
    rest: Floats, owner: NDArray[np.int64], good: NDArray[np.bool_] | slice, count: int
) -> Floats:
    square, number = rest * rest, np.bincount(owner[good], minlength=count)
    if not isinstance(good, slice):
        square *= good
    sums = sums_of(owner, square, count)
    return np.divide(sums, number, out=np.zeros(count), where=number > 0)


def _means(
    values: Floats, group: NDArray[np.int64], good: NDArray[np.bool_] | slice, count: int
) -> Floats:
    sums = np.bincount(group[good], values[good], count)
    numbers = np.bincount(group[good], minlength=count)
    return np.divide(sums, numbers, out=np.zeros(count), where=numbers > 0)
