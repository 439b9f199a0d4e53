"""Regular grids of dates, and the place of each date on them."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shared.kit.errors import Invalid

Integers = NDArray[np.int64]
SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
WEEK = 7 * DAY
_UNITS = {"s": SECOND, "min": MINUTE, "t": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_MONTHS = {"m": 1, "me": 1, "ms": 1, "q": 3, "qe": 3, "qs": 3, "y": 12, "ye": 12, "ys": 12}
WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
MONTH_NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_REGULAR = 0.9  # so large a share of the steps fits a regular grid
_MONDAY = 4 * DAY  # 1970-01-05
_NEAR = 0.25  # of a step: readings that come a little early or late
_NIGHT = MINUTE  # what is written at midnight may come so early or late
_SEASONS = {HOUR: 24, DAY: 7, WEEK: 52}


@dataclass(frozen=True)
class Grid:
    """A regular grid of dates; `step` and `phase` are microseconds, or months.

    A date may come as much as `lead` before the one that names its period.
    """

    alias: str
    kind: Literal["fixed", "months", "business"]
    step: int
    phase: int = 0
    at_end: bool = False
    lead: int = 0

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
        return (moments - self.phase + self.lead) // self.step

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
    def usual_horizon(self) -> int:
        """Return how many steps people usually want to see ahead: a day, two weeks, a quarter."""
        if self.kind == "months":
            return max(5, 6 // self.step)
        if self.kind == "business":
            return 10
        if self.step < DAY:
            return min(96, max(5, DAY // self.step))
        return max(5, (14 * DAY if self.step < WEEK else 13 * WEEK) // self.step)

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
        at_end = not unit.endswith("s")
        anchor = _anchor(unit, suffix, months, moments)
        return Grid(alias, "months", months, anchor, at_end)
    if count and unit in _UNITS:
        step = count * _UNITS[unit]
        phase, lead = _phase(step, suffix, moments)
        return Grid(fixed_alias(step, suffix, moments), "fixed", step, phase, lead=lead)
    raise Invalid(
        f"The frequency {alias[:20]!r} is not known. Use 15min, 30min, h, D, B, W, MS, ME, QS, QE "
        "or YS.",
        field="/mapping/frequency",
    )


def _anchor(unit: str, suffix: str, months: int, moments: Integers) -> int:
    if suffix in MONTH_NAMES:
        month = MONTH_NAMES.index(suffix)
    elif unit.startswith("m") and months > 1 and len(moments):
        index = moments.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        month = int(np.bincount(index % months).argmax())
    else:
        return 0
    return (month if unit.endswith("s") else month + 1) % months


def _phase(step: int, suffix: str, moments: Integers) -> tuple[int, int]:
    """Return where in a step its dates lie, and how far before that they may come."""
    if step % WEEK == 0:
        weekday = WEEKDAYS.index(suffix) if suffix in WEEKDAYS else _usual_weekday(moments)
        if step == WEEK:
            return _MONDAY + weekday * DAY, 0
        same = moments[weekdays(moments) == weekday]
        return int(same[0] if len(same) else moments[0]) % step, 0
    if not len(moments):
        return 0, 0
    rest, counts = np.unique(moments % step, return_counts=True)
    usual = int(rest[np.argmax(counts)])
    if counts.max() == len(moments):
        return usual, 0
    middle = _round(_circular_middle(rest, counts, step), step)
    away = np.abs((moments - middle + step // 2) % step - step // 2)
    if step < DAY and (away <= _NEAR * step).mean() >= 0.98:
        return middle, step // 2
    if step == DAY and middle == 0 and (away <= _NIGHT).mean() >= 0.98:
        return 0, step // 2
    return (usual if counts.max() >= _REGULAR * len(moments) or step > DAY else 0), 0


def _circular_middle(rest: Integers, counts: Integers, step: int) -> float:
    angle = np.angle((counts * np.exp(2j * np.pi * rest / step)).sum())
    return float(angle) / (2 * np.pi) * step


def _round(moment: float, step: int) -> int:
    """Return a moment to the hour, minute or second: the coarsest that a step has some of."""
    unit = next((u for u in (HOUR, MINUTE, SECOND) if step >= 5 * u), 1)
    return round(moment / unit) * unit % step


def fixed_alias(step: int, suffix: str, moments: Integers) -> str:
    """Return the pandas alias of a step, of weeks with the day on which they end."""
    if step % WEEK == 0:
        weekday = WEEKDAYS.index(suffix) if suffix in WEEKDAYS else _usual_weekday(moments)
        return f"{_count(step // WEEK)}W-{WEEKDAYS[weekday]}"
    for unit, name in ((DAY, "D"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        if step % unit == 0:
            return f"{_count(step // unit)}{name}"
    raise AssertionError(step)


def _count(number: int) -> str:
    return "" if number == 1 else str(number)


def weekdays(moments: Integers) -> Integers:
    """Return 0 for Monday to 6 for Sunday."""
    return (moments // DAY + 3) % 7  # 1970-01-01 was a Thursday


def _usual_weekday(moments: Integers) -> int:
    if not len(moments):
        return 6
    return int(np.bincount(weekdays(moments), minlength=7).argmax())
