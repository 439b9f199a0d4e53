"""Guesses the frequency of dates: the coarsest regular grid that the series follow."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.frequency import (
    DAY,
    HOUR,
    MINUTE,
    MONTH_NAMES,
    SECOND,
    WEEK,
    Integers,
    fixed_alias,
    weekdays,
)

_MOST = 0.9  # so large a share of the dates or steps must agree
_SOME = 0.05  # so small a share may still be a phase of its own
_MONTH = 30.4375  # days
_LOOSE = 3.6  # so many days a month may differ from it, or a working day from its end
_NEAR = 0.25  # of a step: readings that come a little early or late
# What clocks and sensors are set to.
_USUAL = [
    *(n * SECOND for n in (1, 2, 5, 10, 15, 20, 30)),
    *(n * MINUTE for n in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)),
    *(n * HOUR for n in (1, 2, 3, 4, 6, 8, 12, 24)),
]


@dataclass
class Steps:
    """How far apart the dates of a series lie: sizes in microseconds, and how often each."""

    sizes: Integers
    counts: Integers

    @classmethod
    def between(cls, moments: Integers) -> "Steps":
        """Return the steps of dates in order, as if they were one series."""
        sizes, counts = np.unique(np.diff(moments), return_counts=True)
        if not len(sizes):
            return cls(np.array([DAY]), np.array([1]))
        return cls(sizes, counts.astype(np.int64))

    @property
    def usual(self) -> int:
        """Return the step that is there most often."""
        return int(self.sizes[np.argmax(self.counts)])

    @property
    def middle(self) -> int:
        """Return the step that half of all are no longer than."""
        below = np.cumsum(self.counts)
        return int(self.sizes[np.searchsorted(below, below[-1] / 2)])

    def share(self, which: NDArray[np.bool_]) -> float:
        """Return the share of the steps that are of some sizes."""
        return float(self.counts[which].sum()) / float(self.counts.sum())


def guess(moments: Integers, steps: Steps) -> str:
    """Return the pandas alias of the grid that most series follow.

    Args:
        moments: all distinct dates, in order.
        steps: the steps within the series; those between all dates where there are none.
    """
    if not len(steps.sizes):
        steps = Steps.between(moments)
    if (moments % DAY == moments[0] % DAY).all():
        return _of_days(moments, steps)
    usual = steps.usual
    often = steps.share(steps.sizes == usual) >= 0.5
    if often and steps.share(steps.sizes % usual == 0) >= _MOST:
        return fixed_alias(usual, "", moments) if usual % SECOND == 0 else "s"
    nominal = _nominal(steps)
    if nominal is not None:
        return fixed_alias(nominal, "", moments)
    resolution = int(np.gcd.reduce(moments - moments[0]))
    if resolution >= 15 * MINUTE:
        return fixed_alias(resolution, "", moments)
    return "D" if moments[-1] - moments[0] >= 2 * DAY else "h"  # single sales, not a series


def _nominal(steps: Steps) -> int | None:
    """Return the step that readings were to have which come some seconds early or late."""
    middle = steps.middle
    step = min(_USUAL, key=lambda usual: abs(math.log(usual / middle)))
    times = np.round(steps.sizes / step)
    near = (times >= 1) & (np.abs(steps.sizes - times * step) <= _NEAR * step)
    fits = abs(middle - step) <= 0.1 * step and steps.share(near) >= _MOST
    return step if fits else None


def _of_days(moments: Integers, steps: Steps) -> str:
    anchor = _anchor(moments)
    months = _months(moments, steps)
    usual = steps.usual
    regular = usual > DAY and steps.share(steps.sizes % usual == 0) >= _MOST
    # Every 28 or 30 days is no month, unless it is always the same day of the month
    exact = regular and steps.share(steps.sizes == usual) >= _MOST
    if months and (anchor or not (exact or (regular and usual % WEEK == 0))):
        return _month_alias(months, moments, at_end=anchor == "end")
    if regular:
        step = _common_step(moments, usual)
        if step > DAY:
            return fixed_alias(step, "", moments)
    long_enough = len(moments) >= 10 and moments[-1] - moments[0] > 2 * WEEK
    return "B" if long_enough and (weekdays(moments) < 5).all() else "D"


def _anchor(moments: Integers) -> str | None:
    """Say whether the dates are ends of months, or always one other day of the month."""
    days, left = _day_of_month(moments)
    if (left == 0).mean() >= _MOST:
        return "end"
    usual = int(np.bincount(days).argmax())
    # the 30th of each month is the 28th in February
    if (days == np.minimum(usual, days + left)).mean() >= _MOST:
        return "day"
    if (weekdays(moments) < 5).all():
        if (left <= 3).all():
            return "end"
        if (days <= 4).all():
            return "day"
    return None


def _day_of_month(moments: Integers) -> tuple[Integers, Integers]:
    """Return the day of the month, 1 to 31, and how many days of the month are left."""
    dates = moments.view("datetime64[us]").astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    first, following = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    return (dates - first).astype(np.int64) + 1, (following - dates).astype(np.int64) - 1


def _months(moments: Integers, steps: Steps) -> int:
    """Return how many months the steps are long; 0 where they are no months."""
    days = steps.sizes / DAY
    number = np.round(days / _MONTH).astype(np.int64)
    fits = (number >= 1) & (np.abs(days - number * _MONTH) <= _LOOSE)
    if steps.share(fits) < _MOST:
        return 0
    index = moments.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    return next(
        months
        for months in (12, 6, 4, 3, 2, 1)
        if months == 1
        or (
            steps.share(fits & (number % months == 0)) >= _MOST
            and _largest_share(index % months) >= _MOST
        )
    )


def _largest_share(values: Integers) -> float:
    return float(np.bincount(values).max()) / len(values)


def _common_step(moments: Integers, step: int) -> int:
    """Return the largest step that also leads from one series to those that lie between.

    A week stays a week: series that are counted up to different weekdays are all weekly.
    """
    if step == WEEK:
        return step
    phases, counts = np.unique(moments % step, return_counts=True)
    phases = phases[counts >= _SOME * len(moments)]
    between = [int(phase) for phase in phases - phases[0]]
    common = math.gcd(step, *between)
    return max(common, WEEK) if step % WEEK == 0 else common


def _month_alias(months: int, moments: Integers, at_end: bool) -> str:
    letter = {1: "M", 3: "Q", 12: "Y"}.get(months, f"{months}M")
    alias = letter + ("E" if at_end else "S")
    if months not in (3, 12):
        return alias
    index = moments.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    month = int(np.bincount(index % months).argmax())
    if months == 3 and not at_end:
        return alias if month == 0 else f"{alias}-{MONTH_NAMES[month]}"
    if month == (months - 1 if at_end else 0):
        return alias
    return f"{alias}-{MONTH_NAMES[month]}"
