"""Public holidays of a country as a covariate that is known in advance, for ever."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from shared.forecasting.errors import Invalid
from shared.forecasting.frequency import DAY, Frequency, Periods
from shared.forecasting.panel import Panel, Values

FIELD = "/holidays"
PREFIX = "holidays_"


def with_holidays(panel: Panel, country: str) -> Panel:
    """Return the panel with how many public holidays each period has, as its last known column.

    Args:
        panel: without holidays.
        country: ISO code, or code and part: `CN`, `US`, `DE-BY`; empty leaves the panel as it is.

    Raises:
        Invalid: no holidays are known of such a country.
    """
    if not country or panel.holidays == country:
        return panel
    check_country(country)
    name = PREFIX + country
    if name in (*panel.ids, *panel.known, *panel.past, *panel.static):
        raise Invalid(f"The data has a column {name!r} already: rename it.", field=FIELD)
    lengths = np.diff(panel.offsets)
    rows = np.arange(len(panel.target))
    periods = rows + np.repeat(panel.first - panel.offsets[:-1], lengths)
    low = int(periods.min())
    column = counted(panel.clock, country, np.arange(low, int(periods.max()) + 1))[periods - low]
    before = panel.known_values if panel.known else np.zeros((len(rows), 0), np.float32)
    return panel.changed(
        holidays=country,
        known=(*panel.known, name),
        known_values=np.column_stack([before, column]).astype(np.float32),
    )


def check_country(country: str) -> None:
    """Refuse a country that the package `holidays` does not know.

    Raises:
        Invalid: it does not.
    """
    import holidays

    code, _, part = country.partition("-")
    known = holidays.list_supported_countries()
    if not re.fullmatch(r"[A-Z]{2}", code) or code not in known:
        raise Invalid(
            f"No holidays are known of {country!r}: use a country's two letters, such as CN or US.",
            field=FIELD,
        )
    if part and part not in known[code]:
        parts = ", ".join(known[code]) or "none"
        raise Invalid(f"{code} has no part {part!r}, only {parts}.", field=FIELD)


@lru_cache(maxsize=256)
def ahead(clock: Frequency, country: str, start: int, horizon: int) -> Values:
    """Return the holidays of the periods from `start` on; most series ask for the same ones."""
    return counted(clock, country, np.arange(start, start + horizon, dtype=np.int64))


def counted(clock: Frequency, country: str, periods: Periods) -> Values:
    """Return how many public holidays each period has; within a day, 1 if the day is one."""
    begin, end = _days(clock, periods)
    low, high = begin.min(), end.max()
    flags = np.concatenate([[0], np.cumsum(_flags(country, low, high))])
    return (flags[(end - low).astype(np.int64)] - flags[(begin - low).astype(np.int64)]).astype(
        np.float32
    )


def _days(
    clock: Frequency, periods: Periods
) -> tuple[np.ndarray[tuple[int], np.dtype[np.datetime64]], ...]:
    """Return the first day of each period and the day after its last one."""
    label = clock.to_dates(periods)
    day = label.astype("datetime64[D]")
    if clock.kind == "months":
        months = label.astype("datetime64[M]")
        first = months - (clock.step - 1) if clock.at_end else months
        return first.astype("datetime64[D]"), (first + clock.step).astype("datetime64[D]")
    if clock.kind == "business" or clock.step < DAY:
        return day, day + 1
    length = clock.step // DAY
    if clock.alias.lstrip("0123456789").upper().startswith("W"):  # a week is named by its last day
        return day - (length - 1), day + 1
    return day, day + length


def _flags(
    country: str, low: np.datetime64, high: np.datetime64
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    days = np.arange(low, high)
    years = days.astype("datetime64[Y]")
    first, last = (int(year.astype(np.int64)) + 1970 for year in (years[0], years[-1]))
    found = _holidays(country, first, last)
    return np.isin(days, found)


@lru_cache(maxsize=64)
def _holidays(
    country: str, first: int, last: int
) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    import holidays

    code, _, part = country.partition("-")
    found = holidays.country_holidays(code, subdiv=part or None, years=range(first, last + 1))
    return np.array(sorted(found), dtype="datetime64[D]")
