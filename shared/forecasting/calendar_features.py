"""Describes periods by their place in the day, week, month and year; knows only frequencies."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.frequency import DAY, Frequency

Features = NDArray[np.float32]


def calendar_width(frequency: Frequency) -> int:
    """Return how many calendar features a period has at this frequency."""
    return calendar(frequency, 0, 1).shape[1]


@lru_cache(maxsize=64)
def calendar(frequency: Frequency, first: int, stop: int) -> Features:
    """Return the features of the periods first … stop-1, each between -1 and 1."""
    dates = frequency.to_dates(np.arange(first, stop, dtype=np.int64))
    days = dates.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = (days - dates.astype("datetime64[Y]")).astype(np.int64) / 365.25
    waves = _waves(year, 2)
    if frequency.kind == "months":
        return np.column_stack(waves).astype(np.float32)
    day_of_month = (days - months.astype("datetime64[D]")).astype(np.int64) / 31
    waves += _waves(day_of_month, 2)
    if frequency.kind == "business" or frequency.step < 7 * DAY:
        weekday = (days.astype(np.int64) + 3) % 7
        waves += _waves(weekday / 7, 3)
    if frequency.kind == "fixed" and frequency.step < DAY:
        waves += _waves((dates - days).astype(np.int64) / DAY, 4)
        waves.append((weekday >= 5).astype(np.float64))
    table = np.column_stack(waves).astype(np.float32)
    table.setflags(write=False)
    return table


def _waves(share: NDArray[np.float64], harmonics: int) -> list[NDArray[np.float64]]:
    angles = [2 * np.pi * k * share for k in range(1, harmonics + 1)]
    return [wave for angle in angles for wave in (np.sin(angle), np.cos(angle))]
