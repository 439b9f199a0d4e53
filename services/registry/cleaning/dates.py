"""Reads dates as people write them; day or month first is decided from the whole column."""

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.columns import Coded
from services.registry.cleaning.day_order import Ambiguous, decide
from services.registry.reading.layout import MISSING

Micros = NDArray[np.int64]
NAT = np.iinfo(np.int64).min
_WEEKDAYS = {
    **{f"{p}{d}": i for p in ("星期", "周", "礼拜") for i, d in enumerate("一二三四五六日")},
    **{f"{p}天": 6 for p in ("星期", "周", "礼拜")},
    **{name.lower(): i for i, name in enumerate(calendar.day_name)},
    **{name.lower(): i for i, name in enumerate(calendar.day_abbr)},
}
_WEEKDAY = re.compile(
    r"[(\s,]*(" + "|".join(sorted(_WEEKDAYS, key=len, reverse=True)) + r")\.?[),\s]*", re.I
)
_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if number
} | {"sept": 9}
_CLOCK = (
    r"(?:[T\s]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:[.,](\d{1,9}))?)?秒?\s*([AaPp][Mm])?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?" + _CLOCK)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})" + _CLOCK)
_NAMED_DAY = re.compile(r"(\d{1,2})[-\s.]*([A-Za-z]{3,9})[-\s.,]*(\d{4}|\d{2})" + _CLOCK)
_NAMED_MONTH = re.compile(
    r"([A-Za-z]{3,9})[-\s.]*(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})" + _CLOCK
)
_QUARTER = re.compile(r"(\d{4})[-\s]?[Qq]([1-4])")
_WEEK = re.compile(r"(\d{4})-?[Ww](\d{2})")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_EPOCH = dt.datetime(1970, 1, 1)
_EXCEL_EPOCH = dt.datetime(1899, 12, 30)


@dataclass
class Dates:
    """The moment of each row's date in microseconds, and what was odd about the texts."""

    codes: NDArray[np.int32]
    moments: Micros
    impossible: list[int] = field(default_factory=list)  # places in `texts`
    texts: list[Any] = field(default_factory=list)
    wrong_weekdays: int = 0
    order: str | None = None
    zones: str | None = None


@dataclass
class _Parsed:
    """One text: a moment, or two where day and month could be either way round."""

    moment: dt.datetime | None = None
    day_first: dt.datetime | None = None
    month_first: dt.datetime | None = None
    shape: str = ""
    offset: int | None = None  # minutes east of UTC


def dates(column: Coded, order: str | None) -> Dates:
    """Read a column of dates. `order` is day_first, month_first, row_order, or found out."""
    if not column.values or isinstance(column.values[0], dt.date):
        return _typed(column)
    wrong = 0
    parsed: list[_Parsed | None] = []
    for value in column.values:
        text, weekday = _normal(value)
        found = None if text in MISSING else parse(text)
        parsed.append(found)
        known = found and found.moment
        wrong += bool(known and weekday is not None and known.weekday() != weekday)
    chosen, said = _resolve(column, parsed, order)
    zones = _to_one_zone(parsed, chosen)
    moments = np.array([NAT if m is None else _micros(m) for m in chosen] + [NAT], np.int64)
    bad = [
        i
        for i, (value, moment) in enumerate(zip(column.values, chosen, strict=True))
        if moment is None and _normal(value)[0] not in MISSING
    ]
    return Dates(column.codes, moments, bad, column.values, wrong, said, zones)


def _typed(column: Coded) -> Dates:
    moments = [NAT if value is None else _micros(value) for value in column.values]
    return Dates(column.codes, np.array([*moments, NAT], np.int64), texts=column.values)


def _micros(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def _normal(value: Any) -> tuple[str, int | None]:
    """Return a text in plain letters without its weekday word, and that weekday."""
    if value is None:
        return "", None
    if isinstance(value, float):
        return ("" if value != value else f"{value:.10g}" if value < 1e6 else f"{value:.0f}"), None
    text = unicodedata.normalize("NFKC", str(value)).strip()
    match = _WEEKDAY.search(text) if not text.isascii() or any(map(str.isalpha, text)) else None
    if match is None or match[1].lower() in _MONTHS:
        return text, None
    return (text[: match.start()] + " " + text[match.end() :]).strip(), _WEEKDAYS[match[1].lower()]


def parse(text: str) -> _Parsed | None:
    """Read one text, or return None where it is no date."""
    try:
        return (
            _year_first(text)
            or _year_last(text)
            or _compact(text)
            or _with_name(text)
            or _period(text)
            or _serial(text)
        )
    except (ValueError, OverflowError):
        return None


def _year_first(text: str) -> _Parsed | None:
    match = _YEAR_FIRST.fullmatch(text)
    if match is None:
        return None
    day = dt.datetime(int(match[1]), int(match[2]), int(match[3] or 1))
    return _Parsed(*_clock(day, match.groups()[3:]))


def _year_last(text: str) -> _Parsed | None:
    match = _YEAR_LAST.fullmatch(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    rest = match.groups()[4:]
    by_day, by_month = _day(year, second, first), _day(year, first, second)
    if by_day is None and by_month is None:
        return None
    padded = len(match[1]) == 2 and len(match[3]) == 2
    parsed = _Parsed(shape=f"{match[2]}{'00' if padded else '0'}")
    if by_day is not None:
        parsed.day_first, parsed.offset = _timed(by_day, rest)
    if by_month is not None:
        parsed.month_first, parsed.offset = _timed(by_month, rest)
    if first == second:
        parsed.moment = parsed.day_first
    return parsed


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _day(year: int, month: int, day: int) -> dt.datetime | None:
    try:
        return dt.datetime(year, month, day)
    except ValueError:
        return None


def _compact(text: str) -> _Parsed | None:
    match = _COMPACT.fullmatch(text)
    if match is None or not 1800 <= int(match[1]) <= 2200:
        return None
    day = _day(int(match[1]), int(match[2]), int(match[3]))
    if day is None:
        return None
    clock = dt.timedelta(
        hours=int(match[4] or 0), minutes=int(match[5] or 0), seconds=int(match[6] or 0)
    )
    return _Parsed(day + clock)


def _with_name(text: str) -> _Parsed | None:
    match = _NAMED_DAY.fullmatch(text)
    if match is not None and match[2].lower() in _MONTHS:
        day = dt.datetime(_year(match[3]), _MONTHS[match[2].lower()], int(match[1]))
        return _Parsed(*_clock(day, match.groups()[3:]))
    match = _NAMED_MONTH.fullmatch(text)
    if match is not None and match[1].lower() in _MONTHS:
        day = dt.datetime(int(match[3]), _MONTHS[match[1].lower()], int(match[2] or 1))
        return _Parsed(*_clock(day, match.groups()[3:]))
    return None


def _period(text: str) -> _Parsed | None:
    match = _QUARTER.fullmatch(text)
    if match is not None:
        return _Parsed(dt.datetime(int(match[1]), 3 * int(match[2]) - 2, 1))
    match = _WEEK.fullmatch(text)
    if match is not None:
        return _Parsed(dt.datetime.fromisocalendar(int(match[1]), int(match[2]), 1))
    if re.fullmatch(r"(1[89]|20|21)\d{2}年?", text):
        return _Parsed(dt.datetime(int(text[:4]), 1, 1))
    if re.fullmatch(r"(19|20)\d{2}(0[1-9]|1[0-2])", text):
        return _Parsed(dt.datetime(int(text[:4]), int(text[4:]), 1))
    return None


def _serial(text: str) -> _Parsed | None:
    """Read Excel's day numbers and Unix time in seconds, milli-, micro- or nanoseconds."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    if 10_000 <= number < 100_000:
        seconds = round(number * 86_400)
        return _Parsed(_EXCEL_EPOCH + dt.timedelta(seconds=seconds))
    for scale in (1, 1_000, 1_000_000, 1_000_000_000):
        if 1e8 * scale <= number < 5e9 * scale:
            return _Parsed(_EPOCH + dt.timedelta(seconds=number / scale), shape="unix")
    return None


def _timed(day: dt.datetime, clock: tuple[str | None, ...]) -> tuple[dt.datetime, int | None]:
    moment, _, _, _, offset = _clock(day, clock)
    return moment, offset


def _clock(
    day: dt.datetime, parts: tuple[str | None, ...]
) -> tuple[dt.datetime, None, None, str, int | None]:
    hour, minute, second, fraction, half, zone = parts
    if hour is None or minute is None:
        return day, None, None, "", None
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    if hours > 24 or int(minute) > 59 or int(second or 0) > 60:
        raise ValueError(f"no time of day: {hour}:{minute}")
    moment = day + dt.timedelta(
        hours=hours,
        minutes=int(minute),
        seconds=int(second or 0),
        microseconds=int((fraction or "0").ljust(6, "0")[:6]),
    )
    return moment, None, None, "", _offset(zone)


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone in ("Z", "UTC"):
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes


def _resolve(
    column: Coded, parsed: list[_Parsed | None], order: str | None
) -> tuple[list[dt.datetime | None], str | None]:
    texts = [
        Ambiguous(i, p.shape, p.day_first, p.month_first)
        for i, p in enumerate(parsed)
        if p is not None and p.moment is None
    ]
    chosen = [None if p is None else p.moment for p in parsed]
    if not texts:
        return chosen, None
    said = decide(column.codes, chosen, texts, order)
    return chosen, said


def _to_one_zone(parsed: list[_Parsed | None], chosen: list[dt.datetime | None]) -> str | None:
    """Bring texts with different offsets to UTC; days at midnight stay the days they are."""
    offsets = {p.offset for p in parsed if p is not None and p.offset is not None}
    if not offsets:
        return None
    moments = [m for m in chosen if m is not None]
    if len(offsets) == 1 or all(m.time() == dt.time() for m in moments):
        return "local"
    for i, (p, moment) in enumerate(zip(parsed, chosen, strict=True)):
        if p is not None and moment is not None and p.offset:
            chosen[i] = moment - dt.timedelta(minutes=p.offset)
    return "utc"
