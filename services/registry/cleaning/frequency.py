"""Regular grids of dates: guesses one from the dates there are, and places dates on it."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shared.kit.errors import Invalid

Integers = NDArray[np.int64]
SECOND = 1_000_000
HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND
WEEK = 7 * DAY
_UNITS = {"s": SECOND, "min": 60 * SECOND, "t": 60 * SECOND, "h": HOUR, "d": DAY, "w": WEEK}
_MONTHS = {"m": 1, "me": 1, "ms": 1, "q": 3, "qe": 3, "qs": 3, "y": 12, "ye": 12, "ys": 12}
WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
_MONTH_NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_REGULAR = 0.9  # so large a share of the steps fits a regular grid
_MONDAY = 4 * DAY  # 1970-01-05
_SEASONS = {HOUR: 24, DAY: 7, WEEK: 52}


@dataclass(frozen=True)
class Grid:
    """A regular grid of dates; `step` and `phase` are microseconds, or months."""

    alias: str
    kind: Literal["fixed", "months", "business"]
    step: int
    phase: int = 0
    at_end: bool = False

    def periods(self, moments: Integers) -> Integers:
        """Return the period that each moment belongs to."""
        if self.kind == "months":
            months = moments.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
            return (months - self.phase) // self.step
        if self.kind == "business":
            days = moments.view("datetime64[us]").astype("datetime64[D]")
            friday = np.busday_offset(days, 0, roll="backward")
            return np.busday_count("1970-01-01", friday).astype(np.int64)
        if self.step % WEEK == 0:  # a week is named by the day on which it ends
            return -((self.phase - moments) // self.step)
        return (moments - self.phase) // self.step

    def moments(self, periods: Integers) -> Integers:
        """Return the date that names each period."""
        if self.kind == "months":
            months = periods * self.step + self.phase + (self.step if self.at_end else 0)
            days = months.astype("datetime64[M]").astype("datetime64[D]")
            days = days - np.timedelta64(int(self.at_end), "D")
            return days.astype("datetime64[us]").astype(np.int64)
        if self.kind == "business":
            days = np.busday_offset("1970-01-01", periods, roll="forward")
            return days.astype("datetime64[us]").astype(np.int64)
        return periods * self.step + self.phase

    @property
    def season(self) -> int:
        """Return the length of the shortest season in steps; 1 where there is none."""
        if self.kind == "months":
            return max(1, 12 // self.step)
        if self.kind == "business":
            return 5
        if self.step < DAY:
            return max(1, DAY // self.step)
        return _SEASONS.get(self.step, 1)

    @property
    def per_year(self) -> float:
        """Return how many steps a year has."""
        if self.kind == "months":
            return 12 / self.step
        return 261.0 if self.kind == "business" else 365.25 * DAY / self.step


def parse(alias: str, moments: Integers) -> Grid:
    """Return the grid of a pandas alias, laid through the dates.

    Raises:
        Invalid: the alias is not known.
    """
    match = re.fullmatch(r"(\d{0,4})([A-Za-z]+)(?:-([A-Za-z]{3}))?", alias.strip())
    unit = match[2].lower() if match else ""
    count = int(match[1] or 1) if match else 0
    suffix = (match[3] or "").upper() if match else ""
    if count == 1 and unit == "b":
        return Grid("B", "business", 1)
    if count and unit in _MONTHS:
        months = count * _MONTHS[unit]
        return Grid(alias, "months", months, _anchor(unit, suffix, months), not unit.endswith("s"))
    if count and unit in _UNITS:
        step = count * _UNITS[unit]
        return Grid(
            _fixed_alias(step, suffix, moments), "fixed", step, _phase(step, suffix, moments)
        )
    raise Invalid(
        f"The frequency {alias[:20]!r} is not known. Use 15min, 30min, h, D, B, W, MS, ME, QS, QE "
        "or YS.",
        field="/mapping/frequency",
    )


def _anchor(unit: str, suffix: str, months: int) -> int:
    if suffix not in _MONTH_NAMES or months == 1:
        return 0
    month = _MONTH_NAMES.index(suffix)
    return (month if unit.endswith("s") else month + 1) % months


def _phase(step: int, suffix: str, moments: Integers) -> int:
    if step % WEEK == 0:
        weekday = WEEKDAYS.index(suffix) if suffix in WEEKDAYS else _usual_weekday(moments)
        if step == WEEK:
            return _MONDAY + weekday * DAY
        same = moments[_weekdays(moments) == weekday]
        return int(same[0] if len(same) else moments[0]) % step
    if step <= DAY:
        rest, counts = np.unique(moments % step, return_counts=True)
        usual = int(rest[np.argmax(counts)])
        return usual if counts.max() >= _REGULAR * len(moments) else 0
    return int(moments[0]) % step if len(moments) else 0


def _fixed_alias(step: int, suffix: str, moments: Integers) -> str:
    if step % WEEK == 0:
        weekday = WEEKDAYS.index(suffix) if suffix in WEEKDAYS else _usual_weekday(moments)
        return f"{_count(step // WEEK)}W-{WEEKDAYS[weekday]}"
    for unit, name in ((DAY, "D"), (HOUR, "h"), (60 * SECOND, "min"), (SECOND, "s")):
        if step % unit == 0:
            return f"{_count(step // unit)}{name}"
    raise AssertionError(step)


def _count(number: int) -> str:
    return "" if number == 1 else str(number)


def _weekdays(moments: Integers) -> Integers:
    return (moments // DAY + 3) % 7  # 1970-01-01 was a Thursday


def _usual_weekday(moments: Integers) -> int:
    if not len(moments):
        return 6
    return int(np.bincount(_weekdays(moments), minlength=7).argmax())


@dataclass
class Steps:
    """How far apart the dates of a series lie: sizes in microseconds, and how often each."""

    sizes: Integers
    counts: Integers


def guess(moments: Integers, steps: Steps) -> str:
    """Return the pandas alias of the finest grid that most series follow.

    Args:
        moments: all distinct dates, in order.
        steps: the steps within the series.
    """
    if not len(steps.sizes):
        steps = _all_together(moments)
    mode = int(steps.sizes[np.argmax(steps.counts)])
    if (moments % DAY == moments[0] % DAY).all():
        return _days(moments, steps, mode)
    share = float(steps.counts.max()) / float(steps.counts.sum())
    resolution = int(np.gcd.reduce(moments - moments[0]))
    if share >= 0.5 and _multiples(steps, mode) >= _REGULAR:
        return _fixed_alias(mode, "", moments) if mode % SECOND == 0 else "s"
    if resolution >= 15 * 60 * SECOND:
        return _fixed_alias(resolution, "", moments)
    return "D" if moments[-1] - moments[0] >= 2 * DAY else "h"  # single sales, not a series


def _all_together(moments: Integers) -> Steps:
    sizes, counts = np.unique(np.diff(moments), return_counts=True)
    if not len(sizes):
        sizes, counts = np.array([DAY]), np.array([1])
    return Steps(sizes, counts.astype(np.int64))


def _multiples(steps: Steps, unit: int) -> float:
    return float(steps.counts[steps.sizes % unit == 0].sum()) / float(steps.counts.sum())


def _days(moments: Integers, steps: Steps, mode: int) -> str:
    days = mode // DAY
    for months, low, high in ((1, 28, 31), (3, 89, 92), (6, 181, 184), (12, 365, 366)):
        if low <= days <= high and mode % WEEK:
            return _month_alias(months, moments)
        if days == 28 and months == 1 and _same_day_of_month(moments):
            return _month_alias(1, moments)
    if mode % WEEK == 0 and _multiples(steps, mode) >= _REGULAR:
        return _fixed_alias(mode, "", moments)
    if days > 1 and _multiples(steps, mode) >= _REGULAR:
        return _fixed_alias(mode, "", moments)
    if (
        len(moments) >= 10
        and (_weekdays(moments) < 5).all()
        and moments[-1] - moments[0] > 2 * WEEK
    ):
        return "B"
    return "D"


def _month_alias(months: int, moments: Integers) -> str:
    dates = moments.view("datetime64[us]").astype("datetime64[D]")
    following = dates + np.timedelta64(1, "D")
    at_end = bool((following.astype("datetime64[M]").astype("datetime64[D]") == following).all())
    letter = {1: "M", 3: "Q", 6: "6M", 12: "Y"}[months]
    return _with_anchor(letter + ("E" if at_end else "S"), months, dates)


def _with_anchor(alias: str, months: int, dates: NDArray[np.datetime64]) -> str:
    if months not in (3, 12):
        return alias
    month = int(dates.astype("datetime64[M]").astype(np.int64)[0]) % 12
    if month % 3 == 0 and months == 3 and alias.endswith("S"):
        return alias
    if month == 0 and alias == "YS":
        return alias
    if alias in ("QE", "YE") and (month + 1) % months == 0:
        return alias
    return f"{alias}-{_MONTH_NAMES[month]}"


def _same_day_of_month(moments: Integers) -> bool:
    dates = moments.view("datetime64[us]").astype("datetime64[D]")
    days = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    return bool((days == days[0]).all())
