"""What a tree sees of one (series, origin, step ahead): all of it known at the origin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.forecasting.boosting.dates import date_names, dates, every_name
from shared.forecasting.boosting.history import (
    Array,
    Column,
    History,
    Sums,
    average,
    float32,
    middle,
)
from shared.forecasting.frequency import DAY, Frequency
from shared.forecasting.panel import Index, Panel, Values

LONG = 100  # a season of more steps repeats too rarely for many of its values
MOST_COMPARED = 8  # covariates that are also compared with their past
SHORTEST_LEVEL, LONGEST_LEVEL = 56, 96


@dataclass(frozen=True)
class Layout:
    """Which features there are; goes into the manifest."""

    seasons: tuple[int, ...]
    windows: tuple[int, ...]
    level: int  # steps whose mean size is the unit of a series
    compared: tuple[int, ...]  # known covariates that are numbers
    categories: tuple[int, ...]  # places of the features that are codes
    dates: tuple[str, ...] | None = None  # parts of the date; None: all of them


@dataclass(frozen=True)
class Places:
    """Where to look: one entry per example."""

    series: Index
    origin: Index  # place of the first step, counted from the first row of the series
    step: Index  # steps from the origin, 0 is the first

    @property
    def target(self) -> Index:
        """Return the place that is foretold."""
        return self.origin + self.step


def lay_out(panel: Panel, longest: int, periods: int) -> Layout:
    """Choose the features for a panel.

    Args:
        panel: the values.
        longest: steps to learn from in the longest series.
        periods: from the first step of all series to the last that is learned from.
    """
    clock = panel.clock
    seasons = tuple(season for season in _seasons(clock) if 2 * season <= longest)
    usual = sorted({1, 2, 4, 8, *_usual(clock)})
    compared = [at for at, name in enumerate(panel.known) if name not in panel.labels]
    layout = Layout(
        seasons=seasons,
        windows=tuple(window for window in usual if window < max(2, longest)),
        level=int(np.clip(4 * clock.season, SHORTEST_LEVEL, LONGEST_LEVEL)),
        compared=tuple(compared[:MOST_COMPARED]),
        categories=(),
        dates=date_names(clock, periods),
    )
    names = (*panel.known, *panel.past, *panel.static)
    coded = [at for at, name in enumerate(names) if name in panel.labels]
    coded += range(len(names), len(names) + len(panel.ids))
    before = width(panel, layout) - len(names) - len(panel.ids)
    return replace(layout, categories=tuple(before + at for at in coded))


def width(panel: Panel, layout: Layout) -> int:
    """Return how many features there are."""
    numbers = _history_width(layout) + len(layout.dates or ()) + 2 * len(layout.compared)
    return numbers + sum(map(len, (panel.known, panel.past, panel.static, panel.ids)))


def _seasons(clock: Frequency) -> tuple[int, ...]:
    if clock.kind == "business":
        return (5, 260)
    if clock.kind == "fixed" and clock.step < DAY:
        return (clock.season, 7 * clock.season)
    if clock.kind == "fixed" and clock.step == DAY:
        return (7, 364)
    return (clock.season,)


def _usual(clock: Frequency) -> tuple[int, ...]:
    season = clock.season
    if clock.kind == "months":
        return (season, 2 * season, 3 * season)
    if clock.kind == "fixed" and clock.step < DAY:
        return (season // 2, season, 2 * season, 7 * season, 14 * season)
    weekly = clock.kind == "fixed" and clock.step == 7 * DAY
    return (13, 26, 52, 104) if weekly else (7, 14, 28, 56, 112, 364)


class Features:
    """The features of one panel, ready to be asked for."""

    def __init__(self, panel: Panel, layout: Layout, id_codes: Index) -> None:
        """Add up what the trailing means need.

        Args:
            panel: the values.
            layout: which features.
            id_codes: per series and id column its place in the vocabulary, 0 where unknown.
        """
        self.panel, self.layout, self.id_codes = panel, layout, id_codes
        self.history = History(panel)
        self.known_sums = [
            Sums(panel.known_values[:, at].astype(np.float64), panel.offsets)
            for at in layout.compared
        ]

    def scale(self, places: Places) -> Array:
        """Return the unit of each example: the mean size of its recent values."""
        end = self.history.end(places.series, places.origin)
        recent = self.history.size.mean(places.series, np.maximum(end - self.layout.level, 0), end)
        ever = self.history.size.mean(places.series, np.zeros_like(end), end)
        usable = np.where(np.nan_to_num(recent) > 0, recent, ever)
        return np.where(np.nan_to_num(usable) > 0, usable, 1.0)

    def table(self, places: Places, scale: Array, known: Values) -> Values:
        """Return one row of features per example.

        Args:
            places: the examples.
            scale: their units.
            known: the known covariates at the targets (example, column).
        """
        columns = self._level(places, scale) + self._seasonal(places, scale)
        clock, first = self.panel.clock, self.panel.first[places.series]
        names = every_name(clock) if self.layout.dates is None else self.layout.dates
        columns += dates(clock, first + places.target, names)
        columns += self._compared(places, known)
        columns += [known[:, at] for at in range(known.shape[1])]
        columns += self._covariates(places)
        return float32(columns)

    def _level(self, places: Places, scale: Array) -> list[Column]:
        history, series = self.history, places.series
        end = history.end(series, places.origin)
        columns: list[Column] = [
            history.level.mean(series, np.maximum(end - window, 0), end) / scale
            for window in self.layout.windows
        ]
        for window in _spreads(self.layout):
            low = np.maximum(end - window, 0)
            mean = history.level.mean(series, low, end)
            square = history.square.mean(series, low, end)
            columns.append(np.sqrt(np.maximum(square - mean**2, 0)) / scale)
            columns.append(history.zero.mean(series, low, end))
        columns += [history.idle(series, end), np.log(scale), places.origin.astype(float)]
        return [*columns, places.step + 1.0]

    def _seasonal(self, places: Places, scale: Array) -> list[Column]:
        columns: list[Column] = []
        for season in self.layout.seasons:
            columns += self._season(places, scale, season)
        return columns

    def _season(self, places: Places, scale: Array, season: int) -> list[Column]:
        """Return the values one, two, … seasons before the target, as far as they are known."""
        history, series = self.history, places.series
        end = history.end(series, places.origin)
        back = (places.step // season + 1) * season
        first = places.target - back
        count = _values(season)
        kept = (
            np.stack([history.at(series, first - season * at, end) for at in range(count)], 1)
            / scale[:, None]
        )
        columns: list[Column] = [kept[:, at] for at in range(min(4, count))]
        columns += [average(kept), middle(kept)]
        if season < LONG // 2:
            return columns
        # about a season ago, smoothed, in today's unit and in that of then
        for reach in _reaches(season):
            low, high = np.clip(first - reach, 0, end), np.clip(first + reach + 1, 0, end)
            around = np.where(first >= 0, history.level.mean(series, low, high), np.nan)
            columns.append(around / scale)
        then = np.clip(places.origin - back, 0, end)
        before = history.size.mean(series, np.maximum(then - self.layout.level, 0), then)
        with np.errstate(invalid="ignore", divide="ignore"):
            seasonal = np.where(before > 0, kept[:, 0] * scale / before, np.nan)
            smooth = np.where(before > 0, around / before, np.nan)
        return [*columns, seasonal, smooth]

    def _compared(self, places: Places, known: Values) -> list[Column]:
        """Return how known covariates differ from their recent mean and from a season ago."""
        columns: list[Column] = []
        if not self.layout.compared:
            return columns
        panel, series = self.panel, places.series
        end = self.history.end(series, places.origin)
        season = self.layout.seasons[0] if self.layout.seasons else 1
        past = places.target - (places.step // season + 1) * season
        rows = np.clip(panel.offsets[series] + past, 0, len(panel.target) - 1)
        inside = (past >= 0) & (past < np.diff(panel.offsets)[series])
        low = np.maximum(end - self.layout.level, 0)
        for sums, at in zip(self.known_sums, self.layout.compared, strict=True):
            then = np.where(inside, panel.known_values[rows, at], np.nan)
            columns += [known[:, at] - sums.mean(series, low, end), known[:, at] - then]
        return columns

    def _covariates(self, places: Places) -> list[Column]:
        panel, series = self.panel, places.series
        end = self.history.end(series, places.origin)
        rows = np.clip(panel.offsets[series] + end - 1, 0, max(0, len(panel.target) - 1))
        columns: list[Column] = [
            np.where(end > 0, panel.past_values[rows, at], np.nan) for at in range(len(panel.past))
        ]
        columns += [panel.static_values[series, at] for at in range(len(panel.static))]
        codes = self.id_codes[series].astype(float)
        return [*columns, *(np.where(code > 0, code, np.nan) for code in codes.T)]


def _values(season: int) -> int:
    return 8 if season < LONG // 2 else 4 if season < LONG else 3


def _reaches(season: int) -> tuple[int, ...]:
    return (1, 3) if season < LONG else (3, 14)


def _spreads(layout: Layout) -> tuple[int, ...]:
    usual = [window for window in layout.windows if window >= 4]
    return tuple(usual[:: max(1, len(usual) // 3)][:3])


def _history_width(layout: Layout) -> int:
    width = len(layout.windows) + 2 * len(_spreads(layout)) + 4
    for season in layout.seasons:
        width += min(4, _values(season)) + 2 + (4 if season >= LONG // 2 else 0)
    return width
