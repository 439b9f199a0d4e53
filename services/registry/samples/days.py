"""What a day is: its weekday, its place in the year, whether it is a public holiday."""

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
# The Chinese New Year's day of each year; shops close around it.
_NEW_YEARS = (
    "2012-01-23",
    "2013-02-10",
    "2014-01-31",
    "2015-02-19",
    "2016-02-08",
    "2017-01-28",
    "2018-02-16",
    "2019-02-05",
    "2020-01-25",
    "2021-02-12",
    "2022-02-01",
    "2023-01-22",
    "2024-02-10",
    "2025-01-29",
    "2026-02-17",
    "2027-02-06",
)
_FIXED = ("01-01", "05-01", "10-01", "10-02", "10-03")


def weekday(days: Days) -> NDArray[np.int64]:
    """Return 0 for Monday to 6 for Sunday."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7


def year_place(days: Days) -> NDArray[np.float64]:
    """Return the place in the year, 0 to 1."""
    inside = days.astype("datetime64[D]") - days.astype("datetime64[Y]").astype("datetime64[D]")
    place: NDArray[np.float64] = inside.astype(np.int64) / 365.25
    return place


def years(days: Days) -> NDArray[np.float64]:
    """Return the years since the first day."""
    minutes = (days - days[0]).astype("timedelta64[m]").astype(np.float64)
    since: NDArray[np.float64] = minutes / (365.25 * 1440)
    return since


def holidays(days: Days) -> NDArray[np.bool_]:
    """Return which days are public holidays."""
    whole = days.astype("datetime64[D]")
    texts = np.array([str(day)[5:] for day in np.unique(whole)])
    fixed = np.unique(whole)[np.isin(texts, _FIXED)]
    spring = np.array([np.datetime64(day) + shift for day in _NEW_YEARS for shift in range(-1, 5)])
    return np.isin(whole, np.concatenate([fixed, spring.astype("datetime64[D]")]))
