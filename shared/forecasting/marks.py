"""Days worth a mark beside a series: holidays, and columns that say yes or no in advance."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shared.forecasting.frequency import DAY, Dates
from shared.forecasting.future import horizon_values
from shared.forecasting.panel import Panel

ENGLISH, CHINESE = "en_US", "zh_CN"


@dataclass(frozen=True)
class Mark:
    """Days in a row with the same reason."""

    first: np.datetime64
    last: np.datetime64
    title: str
    title_zh: str
    column: str | None  # the known covariate that says so; none for a public holiday


def marks(panel: Panel, series: int, start: int, stop: int, country: str) -> list[Mark]:
    """Return the marks of a series' periods start … stop-1; none where a step is over a day."""
    clock = panel.clock
    if stop <= start or clock.kind == "months" or (clock.kind == "fixed" and clock.step > DAY):
        return []
    days = clock.to_dates(np.arange(start, stop)).astype("datetime64[D]")
    values = horizon_values(panel, series, start, stop - start)
    found = [] if not country else _holidays(country, days[0], days[-1])
    for place, name in enumerate(panel.known):
        if name in panel.labels or (panel.holidays and place == len(panel.known) - 1):
            continue
        column = values[:, place]
        said = column[np.isfinite(column)]
        if len(said) and np.isin(said, (0, 1)).all() and not said.all():
            runs = _runs(np.unique(days[column == 1]))
            found += [Mark(first, last, name, name, name) for first, last in runs]
    return found


def _runs(days: Dates) -> list[tuple[np.datetime64, np.datetime64]]:
    """Return first and last of the days that follow each other."""
    breaks = np.flatnonzero(np.diff(days.astype(np.int64)) > 1) + 1
    return [(part[0], part[-1]) for part in np.split(days, breaks) if len(part)]


def _holidays(country: str, low: np.datetime64, high: np.datetime64) -> list[Mark]:
    first, last = (int(str(day)[:4]) for day in (low, high))
    names = [_named(country, first, last, language) for language in (ENGLISH, CHINESE)]
    return [
        Mark(day, day, english, chinese, None)
        for (day, english), (_, chinese) in zip(*names, strict=True)
        if low <= day <= high
    ]


@lru_cache(maxsize=64)
def _named(country: str, first: int, last: int, language: str) -> list[tuple[np.datetime64, str]]:
    """Return the holidays in a language, or in the country's own where it is not translated."""
    import holidays

    code, _, part = country.partition("-")
    days = holidays.country_holidays(
        code, subdiv=part or None, years=range(first, last + 1), language=language
    )
    return [(np.datetime64(day, "D"), str(name)) for day, name in sorted(days.items())]
