"""The date of a target as plain numbers, which trees can split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.boosting.history import Column
from shared.forecasting.calendar_features import FAMILIAR, MONTH, YEAR
from shared.forecasting.frequency import DAY, Frequency
from shared.forecasting.panel import Index

Columns = dict[str, NDArray[np.int64]]

CYCLES = {"month": YEAR, "of_year": YEAR, "day": MONTH, "week": MONTH, "weekday": 7.0}  # days


def date_names(clock: Frequency, periods: int) -> tuple[str, ...]:
    """Return which parts of a date may be learned from so many periods.

    Where a cycle was not seen again and again, its place only tells the date, and trees that have
    learned what a date was like go astray on the next one.
    """
    begin, end = clock.to_dates(np.array([0, periods], np.int64))
    days = (end - begin) / np.timedelta64(1, "D")
    found = _columns(clock, np.zeros(1, np.int64))
    return tuple(name for name in found if days >= FAMILIAR * CYCLES.get(name, 0.0))


def dates(clock: Frequency, periods: Index, names: tuple[str, ...]) -> list[Column]:
    """Return these parts of the date of each period."""
    found = _columns(clock, periods)
    return [found[name].astype(np.float64) for name in names]


def every_name(clock: Frequency) -> tuple[str, ...]:
    """Return all parts of a date that this frequency has."""
    return tuple(_columns(clock, np.zeros(1, np.int64)))


def _columns(clock: Frequency, periods: Index) -> Columns:
    moments = clock.to_dates(periods)
    days = moments.astype("datetime64[D]")
    months = moments.astype("datetime64[M]")
    month = months.astype(np.int64) % 12
    if clock.kind == "months":
        return {"month": month}
    day = (days - months).astype(np.int64)
    of_year = (days - moments.astype("datetime64[Y]")).astype(np.int64)
    columns = {"month": month, "day": day, "of_year": of_year}
    if clock.kind == "business" or clock.step < 7 * DAY:
        columns["weekday"] = (days.astype(np.int64) + 3) % 7
    else:
        columns["week"] = day // 7
    if clock.kind == "fixed" and clock.step < DAY:
        columns["minute"] = (moments - days).astype("timedelta64[m]").astype(np.int64)
    return columns
