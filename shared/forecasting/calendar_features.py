"""Describes periods by their place in the day, week, month and year; knows only frequencies."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.frequency import DAY, Frequency

Features = NDArray[np.float32]
YEAR, MONTH = 365.25, 31.0  # days
FAMILIAR = 1.5  # times that a cycle must have been seen


def calendar_width(frequency: Frequency) -> int:
    """Return how many calendar features a period has at this frequency."""
    return calendar(frequency, 0, 1).shape[1]


@lru_cache(maxsize=64)
def calendar(frequency: Frequency, first: int, stop: int) -> Features:
    """Return the features of the periods first … stop-1, each between -1 and 1."""
    columns = [column for _, columns in _cycles(frequency, first, stop) for column in columns]
    table = np.column_stack(columns).astype(np.float32)
    table.setflags(write=False)
    return table


def unfamiliar(frequency: Frequency, first: int, stop: int) -> tuple[int, ...]:
    """Return the features that must not be learned from the periods first … stop-1.

    Where a cycle was not seen again and again, its place only tells the date, and a network that
    has learned what a date was like goes astray on the next one.
    """
    begin, end = frequency.to_dates(np.array([first, stop], np.int64))
    days = (end - begin) / np.timedelta64(1, "D")
    lengths = [length for length, columns in _cycles(frequency, first, first + 1) for _ in columns]
    return tuple(at for at, length in enumerate(lengths) if days < FAMILIAR * length)


def _cycles(
    frequency: Frequency, first: int, stop: int
) -> list[tuple[float, list[NDArray[np.float64]]]]:
    """Return the length in days of each cycle, and its waves."""
    dates = frequency.to_dates(np.arange(first, stop, dtype=np.int64))
    days = dates.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = (days - dates.astype("datetime64[Y]")).astype(np.int64) / YEAR
    cycles = [(YEAR, _waves(year, 2))]
    if frequency.kind == "months":
        return cycles
    day_of_month = (days - months.astype("datetime64[D]")).astype(np.int64) / MONTH
    cycles.append((MONTH, _waves(day_of_month, 2)))
    if frequency.kind == "business" or frequency.step < 7 * DAY:
        weekday = (days.astype(np.int64) + 3) % 7
        cycles.append((7, _waves(weekday / 7, 3)))
    if frequency.kind == "fixed" and frequency.step < DAY:
        of_day = _waves((dates - days).astype(np.int64) / DAY, 4)
        cycles += [(1, of_day), (7, [(weekday >= 5).astype(np.float64)])]
    return cycles


def _waves(share: NDArray[np.float64], harmonics: int) -> list[NDArray[np.float64]]:
    angles = [2 * np.pi * k * share for k in range(1, harmonics + 1)]
    return [wave for angle in angles for wave in (np.sin(angle), np.cos(angle))]
