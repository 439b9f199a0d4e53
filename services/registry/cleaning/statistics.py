"""Figures of each series: mean, zeros, trend, season, and the class of its demand."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.columns import Floats
from services.registry.cleaning.panel import Panel

BLOCK = 1 << 16  # cells looked at together: what is made of them stays in the processor's cache
CLASSES = ("none", "smooth", "intermittent", "erratic", "lumpy")
_ADI, _CV2 = 1.32, 0.49  # Syntetos, Boylan & Croston (2005)
_FEWEST_SEASONS = 2


@dataclass
class Statistics:
    """One figure per series; NaN where it cannot be told."""

    mean: Floats
    total: Floats
    low: Floats
    high: Floats
    zero_share: Floats
    missing_share: Floats
    trend: Floats
    season_strength: Floats
    demand: NDArray[np.int8]
    leading_zeros: NDArray[np.int64]
    trailing_zeros: NDArray[np.int64]

    @classmethod
    def of(cls, panel: Panel) -> "Statistics":
        """Compute the figures of all series, block by block."""
        parts = [_block(panel, start, stop) for start, stop in panel.blocks(BLOCK)]
        names = cls.__dataclass_fields__
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


@dataclass
class Cells:
    """The cells of a block up to the last target of each series."""

    values: Floats
    owner: NDArray[np.int64]
    step: NDArray[np.int64]
    count: int
    observed: NDArray[np.int64]

    @classmethod
    def of(cls, panel: Panel, start: int, stop: int) -> "Cells":
        """Take the cells of the series `start` to `stop`."""
        low, high = panel.offsets[start], panel.offsets[stop]
        values, lengths = panel.target[low:high], panel.lengths[start:stop]
        observed = panel.observed[start:stop]
        owner = np.repeat(np.arange(stop - start), lengths)
        step = np.arange(high - low) - np.repeat(panel.offsets[start:stop] - low, lengths)
        if (observed < lengths).any():
            seen = step < observed[owner]
            values, owner, step = values[seen], owner[seen], step[seen]
        return cls(values, owner, step, stop - start, observed)

    def sums(self, weights: Floats | None = None) -> Floats:
        """Sum something over the cells of each series."""
        if weights is None:
            return np.bincount(self.owner, minlength=self.count).astype(np.float64)
        return sums_of(self.owner, weights, self.count)


def sums_of(owner: NDArray[np.int64], weights: Floats, count: int) -> Floats:
    """Sum weights per owner; those of one owner stand together."""
    found = np.zeros(count)
    if len(owner):
        starts = np.flatnonzero(owner[1:] != owner[:-1]) + 1
        starts = np.concatenate([[0], starts])
        found[owner[starts]] = np.add.reduceat(weights, starts)
    return found


def _block(panel: Panel, start: int, stop: int) -> Statistics:
    cells = Cells.of(panel, start, stop)
    has = ~np.isnan(cells.values)
    present = (
        cells
        if has.all()
        else Cells(
            cells.values[has], cells.owner[has], cells.step[has], cells.count, cells.observed
        )
    )
    y, number = present.values, present.sums()
    with np.errstate(divide="ignore", invalid="ignore"):
        total = present.sums(y)
        mean = total / number
        return Statistics(
            mean=mean,
            total=total,
            low=_extreme(present, np.minimum),
            high=_extreme(present, np.maximum),
            zero_share=present.sums((y == 0).astype(float)) / number,
            missing_share=1 - number / cells.observed,
            trend=_trend(present, mean, number) * panel.grid.per_year,
            season_strength=_season(present, mean, number, panel.grid.season),
            demand=_demand(present, number),
            leading_zeros=_leading_zeros(cells),
            trailing_zeros=_trailing_zeros(cells),
        )


def _extreme(cells: Cells, of: np.ufunc) -> Floats:
    found = np.full(cells.count, np.nan)
    if len(cells.values):
        starts = np.flatnonzero(np.diff(cells.owner, prepend=-1))
        found[cells.owner[starts]] = of.reduceat(cells.values, starts)
    return found


def _trend(cells: Cells, mean: Floats, number: Floats) -> Floats:
    """Return the slope of a straight line per step, over the mean."""
    centre = cells.sums(cells.step.astype(float)) / number
    away = cells.step - centre[cells.owner]
    slope = cells.sums(away * cells.values) / cells.sums(away * away)
    return np.where((number > 2) & (np.abs(mean) > 1e-12), slope / np.abs(mean), np.nan)


def _season(cells: Cells, mean: Floats, number: Floats, season: int) -> Floats:
    """Return the share of the variance that the place in the season explains, without chance's."""
    if season < 2:
        return np.full(cells.count, np.nan)
    place = cells.owner * season + cells.step % season
    numbers = np.bincount(place, minlength=cells.count * season)
    sums = np.bincount(place, cells.values, cells.count * season)
    means = np.divide(sums, numbers, out=np.zeros(len(sums)), where=numbers > 0)
    rest = cells.values - means[place]
    away = cells.values - mean[cells.owner]
    unexplained = cells.sums(rest * rest) / (number - season)
    spread = cells.sums(away * away) / (number - 1)
    strength = np.clip(1 - unexplained / spread, 0, 1)
    return np.where((number >= _FEWEST_SEASONS * season) & (spread > 1e-12), strength, np.nan)


def _demand(cells: Cells, number: Floats) -> NDArray[np.int8]:
    """Return the class by how often there is demand and how much its size varies."""
    sold = cells.values != 0
    sizes = Cells(
        cells.values[sold], cells.owner[sold], cells.step[sold], cells.count, cells.observed
    )
    times = sizes.sums()
    mean = sizes.sums(sizes.values) / times
    away = sizes.values - mean[sizes.owner]
    varies = sizes.sums(away * away) / times / mean**2 >= _CV2
    rare = number / times >= _ADI
    classes = np.where(rare, np.where(varies, 4, 2), np.where(varies, 3, 1))
    return np.where(times > 0, classes, 0).astype(np.int8)


def _leading_zeros(cells: Cells) -> NDArray[np.int64]:
    first = np.array(cells.observed, np.int64)
    sold = np.flatnonzero((cells.values != 0) & ~np.isnan(cells.values))
    np.minimum.at(first, cells.owner[sold], cells.step[sold])
    return np.where(first < cells.observed, first, 0)


def _trailing_zeros(cells: Cells) -> NDArray[np.int64]:
    last = np.full(cells.count, -1, np.int64)
    sold = np.flatnonzero((cells.values != 0) & ~np.isnan(cells.values))
    np.maximum.at(last, cells.owner[sold], cells.step[sold])
    return cells.observed - 1 - last
