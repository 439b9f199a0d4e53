"""Reads a column of dates: what its texts mean, together and in the order of the rows."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning import zones
from services.registry.cleaning.columns import Coded
from services.registry.cleaning.date_texts import Written, parse, plain
from services.registry.cleaning.day_order import Decision, decide
from services.registry.cleaning.zones import NAT, Micros, Zoned
from services.registry.reading.layout import MISSING

__all__ = ["NAT", "Dates", "Micros", "dates"]


@dataclass
class Dates:
    """The moment of each row's date in microseconds, and what was odd about the texts.

    Args:
        moments: by code; in UTC where `zoned`.
        impossible: places in `texts` of what is no date.
        wrong_weekdays: places in `texts` of dates that name another day of the week.
    """

    codes: NDArray[np.int32]
    moments: Micros
    impossible: list[int] = field(default_factory=list)
    texts: list[Any] = field(default_factory=list)
    wrong_weekdays: list[int] = field(default_factory=list)
    decision: Decision | None = None
    zoned: Zoned | None = None


def dates(column: Coded, order: str | None) -> Dates:
    """Read a column; `order` is year_first, day_first, month_first, row_order, or found out."""
    if not column.values or isinstance(column.values[0], dt.date):
        return _typed(column)
    parsed: list[Written | None] = []
    weekdays = []
    for value in column.values:
        text, weekday = plain(value)
        parsed.append(None if text in MISSING else parse(text))
        weekdays.append(weekday)
    chosen, decision = decide(column.codes, parsed, order)
    local = np.array([NAT if m is None else zones.micros(m) for m in chosen] + [NAT], np.int64)
    zoned = zones.from_offsets(local, [None if p is None else p.offset for p in parsed])
    return Dates(
        column.codes,
        local if zoned is None else zoned.utc,
        [
            i
            for i, m in enumerate(chosen)
            if m is None and plain(column.values[i])[0] not in MISSING
        ],
        column.values,
        [
            i
            for i, (moment, weekday) in enumerate(zip(chosen, weekdays, strict=True))
            if moment is not None and weekday is not None and moment.weekday() != weekday
        ],
        decision,
        zoned,
    )


def _typed(column: Coded) -> Dates:
    zoned = zones.from_moments(column.values)
    moments = [NAT if value is None else zones.micros(value) for value in column.values]
    utc = np.array([*moments, NAT], np.int64) if zoned is None else zoned.utc
    return Dates(column.codes, utc, texts=column.values, zoned=zoned)
