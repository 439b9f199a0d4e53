"""Time zones. One rule: steps shorter than a day are kept in UTC, days by the local date.

An hour in UTC is an hour also when the clocks change; and a day is what people there call it.
Where days were written in UTC (22:00 in summer and 23:00 in winter), the midnight that was meant
is found again. Times that name no zone are taken as they are.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Micros = NDArray[np.int64]
NAT = np.iinfo(np.int64).min
MINUTE = 60_000_000
_HOUR, _DAY = 60 * MINUTE, 1440 * MINUTE
_SHOWN = 4
_EPOCH, _MICRO = dt.datetime(1970, 1, 1), dt.timedelta(microseconds=1)
# Hours ahead of UTC. Letters that mean different zones to different people (CST, IST) are left out.
_NAMES = {
    **dict.fromkeys(("Z", "UTC", "GMT", "WET"), 0),
    **dict.fromkeys(("CET", "MEZ", "BST", "WEST"), 1),
    **dict.fromkeys(("CEST", "MESZ", "EET"), 2),
    **dict.fromkeys(("EEST", "MSK"), 3),
    **{"HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13},
    **{"EDT": -4, "EST": -5, "CDT": -5, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8},
}
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?")


def offset_of(zone: str) -> int:
    """Return how many minutes a zone's clock is ahead of UTC.

    Raises:
        ValueError: it is no zone, or one of several.
    """
    match = _OFFSET.fullmatch(zone.upper())
    if match is not None:
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        return -minutes if match[1] == "-" else minutes
    if zone.upper() not in _NAMES:
        raise ValueError(f"no zone: {zone}")
    return _NAMES[zone.upper()] * 60


@dataclass(frozen=True)
class Zoned:
    """Moments in UTC, what the clocks there showed, and what the zone is called."""

    utc: Micros
    local: Micros
    name: str


def from_offsets(local: Micros, offsets: Sequence[int | None]) -> Zoned | None:
    """Return moments whose texts state offsets; one without has the offset that most have."""
    stated = [offset for offset in offsets if offset is not None]
    if not stated:
        return None
    kinds, counts = np.unique(stated, return_counts=True)
    usual = int(kinds[np.argmax(counts)])
    minutes = [usual if offset is None else offset for offset in offsets]
    ahead = np.array([*minutes, 0], np.int64) * MINUTE
    there = local != NAT
    utc = np.where(there, local - ahead, NAT)
    names = [_written(int(kind)) for kind in kinds[:_SHOWN]] + ["…"] * (len(kinds) > _SHOWN)
    return Zoned(utc, local, ", ".join(names))


def from_moments(values: Sequence[dt.datetime | dt.date | None]) -> Zoned | None:
    """Return moments that know their zone; None where they name none."""
    zones = {str(v.tzinfo) for v in values if isinstance(v, dt.datetime) and v.tzinfo is not None}
    if not zones:
        return None
    local = [NAT if v is None else micros(v) for v in values]
    utc = [
        NAT
        if v is None
        else micros(v.astimezone(dt.UTC) if isinstance(v, dt.datetime) and v.tzinfo else v)
        for v in values
    ]
    return Zoned(
        np.array([*utc, NAT], np.int64),
        np.array([*local, NAT], np.int64),
        ", ".join(sorted(zones)[:_SHOWN]),
    )


def micros(moment: dt.datetime | dt.date) -> int:
    """Return the microseconds from 1970 to what a clock or a calendar shows."""
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is not None:
        moment = moment.replace(tzinfo=None)
    return (moment - _EPOCH) // _MICRO


def _written(minutes: int) -> str:
    if not minutes:
        return "UTC"
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    return f"{sign}{size // 60:02}:{size % 60:02}"


def midnights(local: Micros) -> Micros:
    """Return midnights instead of times that are midnight elsewhere, as 22:00 and 23:00 in UTC.

    All others are returned as they are: those that change by more than a clock does in summer,
    and those that lie on one day.
    """
    times = np.unique(local % _DAY)
    if len(times) == 1:
        start, is_late = int(times[0]), int(times[0]) > _DAY // 2
    elif len(times) == 2 and int(times[1] - times[0]) in (_HOUR, _DAY - _HOUR):
        start = int(times[0] if times[1] - times[0] == _HOUR else times[1])
        is_late = start >= _DAY // 2 - _HOUR  # at noon in the Pacific
    else:
        return local
    if start % (15 * MINUTE):
        return local
    # Clocks are at most 14 hours ahead of UTC and 12 behind it: what is late begins the next day
    days = (local - start) // _DAY * _DAY + (_DAY if is_late else 0)
    return days if len(np.unique(days)) == len(np.unique(local)) else local
