"""Turns dates into integer period indexes and back, for one frequency; knows no panel."""

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.errors import InvalidPanel

Dates = NDArray[np.datetime64]
Periods = NDArray[np.int64]

MICRO = 1_000_000
DAY = 86_400 * MICRO
FIXED = {"s": MICRO, "min": 60 * MICRO, "t": 60 * MICRO, "h": 3_600 * MICRO, "d": DAY, "w": 7 * DAY}
MONTHS = {"m": 1, "me": 1, "ms": 1, "q": 3, "qe": 3, "qs": 3, "y": 12, "ye": 12, "ys": 12}
MONTHS |= {"a": 12, "as": 12}
MONTH_NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


@dataclass(frozen=True)
class Frequency:
    """A regular grid of dates. `phase` (µs) says where a grid of fixed steps begins."""

    alias: str
    kind: str
    step: int
    anchor: int = 0
    at_end: bool = False
    phase: int = 0

    @classmethod
    def parse(cls, alias: str) -> "Frequency":
        """Read a pandas alias such as `D`, `W-FRI`, `MS`, `QE-DEC`, `h`, `30min` or `B`.

        Raises:
            InvalidPanel: the alias is not a frequency that can be forecast.
        """
        match = re.fullmatch(r"(\d*)([A-Za-z]+)(?:-([A-Z]{3}))?", alias.strip())
        unit = match[2].lower() if match else ""
        count = int(match[1] or 1) if match else 0
        suffix = (match[3] or "") if match else ""
        if count and unit == "b":
            return cls(alias, "business", count)
        if count and unit in FIXED:
            return cls(alias, "fixed", count * FIXED[unit])
        if count and unit in MONTHS:
            months = count * MONTHS[unit]
            return cls(alias, "months", months, _anchor(unit, suffix), not unit.endswith("s"))
        raise InvalidPanel(
            f"The frequency {alias!r} is not known. Use a pandas alias: 15min, 30min, h, D, B, "
            "W, MS, ME, QS, QE or YS.",
            field="/frequency",
        )

    def aligned(self, first: np.datetime64) -> "Frequency":
        """Return the same frequency with its grid going through `first`."""
        if self.kind == "months":
            month = int(first.astype("datetime64[M]").astype(np.int64)) + int(self.at_end)
            return replace(self, anchor=month % self.step)
        if self.kind != "fixed":
            return self
        return replace(self, phase=int(first.astype("datetime64[us]").astype(np.int64)) % self.step)

    def to_periods(self, dates: Dates) -> Periods:
        """Return the period index of each date.

        Raises:
            InvalidPanel: a date lies between two steps of the grid.
        """
        micro = dates.astype("datetime64[us]")
        if self.kind == "months":
            months = micro.astype("datetime64[M]").astype(np.int64)
            return (months - self.anchor) // self.step
        if self.kind == "business":
            days = micro.astype("datetime64[D]")
            self._refuse(dates, ~np.is_busday(days))
            return np.busday_count("1970-01-01", days).astype(np.int64) // self.step
        ticks = micro.astype(np.int64) - self.phase
        periods = ticks // self.step
        self._refuse(dates, periods * self.step != ticks)
        return periods

    def _refuse(self, dates: Dates, wrong: NDArray[np.bool_]) -> None:
        if wrong.any():
            date = dates[int(np.flatnonzero(wrong)[0])]
            raise InvalidPanel(
                f"The date {date} does not fit the frequency {self.alias!r}: "
                "check the dates, or choose another frequency.",
                field="/frequency",
            )

    def to_dates(self, periods: Periods) -> Dates:
        """Return the date of each period index, in microseconds."""
        if self.kind == "months":
            months = periods * self.step + self.anchor + (self.step if self.at_end else 0)
            dates = months.astype("datetime64[M]").astype("datetime64[D]")
            return (dates - np.timedelta64(int(self.at_end), "D")).astype("datetime64[us]")
        if self.kind == "business":
            days = np.busday_offset("1970-01-01", periods * self.step, roll="forward")
            return days.astype("datetime64[us]")
        return (periods * self.step + self.phase).astype("datetime64[us]")

    @cached_property
    def season(self) -> int:
        """Return the length of the shortest season in steps; 1 where there is none."""
        if self.kind == "months":
            return max(1, 12 // self.step)
        if self.kind == "business":
            return 5 if self.step == 1 else 1
        if self.step < DAY:
            return max(1, DAY // self.step)
        return {DAY: 7, 7 * DAY: 52}.get(self.step, 1)

    @cached_property
    def seasons(self) -> tuple[int, ...]:
        """Return the lengths of all seasons in steps, the shortest first: a day, then a week."""
        sub_daily = self.kind == "fixed" and self.season > 1 and self.step < DAY
        return (self.season, 7 * self.season) if sub_daily else (self.season,)

    @cached_property
    def lags(self) -> tuple[int, ...]:
        """Return the steps back that a network looks at besides the last one."""
        if self.kind == "months":
            return tuple(lag for lag in (self.season, 2 * self.season) if lag > 1)
        if self.kind == "business":
            return (5, 10, 20, 260)
        if self.step < DAY:
            return (self.season, 2 * self.season, 7 * self.season)
        return {DAY: (7, 14, 28, 364), 7 * DAY: (4, 13, 52)}.get(self.step, (2, 4))

    @cached_property
    def context(self) -> int:
        """Return how many steps a network sees unless told otherwise."""
        if self.kind == "months":
            return 3 * max(4, self.season)
        if self.kind == "fixed" and self.step < DAY:
            return min(192, 7 * self.season)
        return 52 if self.season == 52 else 56


def _anchor(unit: str, suffix: str) -> int:
    """Return the month (0-11) in which the first group of months starts."""
    length = MONTHS[unit]
    if length == 1 or not suffix:
        return 0
    if suffix not in MONTH_NAMES:
        return 0
    month = MONTH_NAMES.index(suffix)
    return (month if unit.endswith("s") else month + 1) % length
