"""Reads one date as people write it: a day with or without a clock, a month, a week, a serial."""

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from services.registry.cleaning.zones import offset_of

YEAR_FIRST, DAY_FIRST, MONTH_FIRST = "year_first", "day_first", "month_first"
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
_MORNING, _EVENING, _NOON = "上午 凌晨 早上 早晨 am", "下午 晚上 傍晚 pm", "中午"
_HALVES = "|".join(f"{_MORNING} {_EVENING} {_NOON}".replace("am", "").replace("pm", "").split())
_CLOCK = (
    rf"(?:(?:T|\s+|(?<=[日号])|(?={_HALVES}))\s*({_HALVES})?\s*(\d{{1,2}})"
    r"(?:[:时点](\d{1,2})(?:[:分](\d{1,2})(?:[.,](\d{1,9}))?)?)?[时点分秒]?\s*([AaPp]\.?[Mm]\.?)?"
    r"\s*([A-Za-z]{1,5}|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)?)?"
)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})[日号]?)?月?" + _CLOCK)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?Z?")
_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})" + _CLOCK)
_NAMED_DAY = re.compile(r"(\d{1,2})[-\s./]*([A-Za-z]{3,9})[-\s.,/]*(\d{4}|\d{2})" + _CLOCK)
_NAMED_MONTH = re.compile(
    r"([A-Za-z]{3,9})[-\s./]*(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})" + _CLOCK
)
_NAMED_LAST = re.compile(r"(\d{4})[-\s./]*([A-Za-z]{3,9})(?:[-\s./]*(\d{1,2}))?" + _CLOCK)
_MONTH_SHORT = re.compile(r"([A-Za-z]{3,9})(?:[-/]|\.?\s*['’])(\d{2})")
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.]((?:19|20|21)\d{2})")
_QUARTERS = dict(zip("一二三四", "1234", strict=True))
_QUARTER = re.compile(r"(\d{4})[-\s/年]*(?:Q([1-4])|第?([1-4一二三四])季度?)", re.I)
_QUARTER_FIRST = re.compile(r"(?:Q([1-4])|([1-4])Q)[-\s/']*(\d{4})", re.I)
_WEEK = re.compile(r"(\d{4})[-\s/年]*(?:W|第|week\s?)(\d{1,2})周?(?:-([1-7]))?", re.I)
_WEEK_FIRST = re.compile(r"(?:W|KW|CW|week)\s?(\d{1,2})[-\s/]+(\d{4})", re.I)
_WHOLE = re.compile(r"(\d+)\.0+")
_NUMBER = re.compile(r"\d+(\.\d+)?")
EPOCH = dt.datetime(1970, 1, 1)
_EXCEL_EPOCH = dt.datetime(1899, 12, 30)


@dataclass(slots=True)
class Written:
    """One text: the moment on its own clock, or several by the order that they presume.

    Args:
        shape: how it is written, where texts written so could be meant in several orders.
        offset: the minutes that its clock is ahead of UTC, where it says so.
    """

    moment: dt.datetime | None = None
    readings: dict[str, dt.datetime] = field(default_factory=dict)
    shape: str = ""
    offset: int | None = None


def plain(value: Any) -> tuple[str, int | None]:
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


def parse(text: str) -> Written | None:
    """Read one text, or return None where it is no date."""
    match = _WHOLE.fullmatch(text)
    text = match[1] if match else text
    try:
        return (
            _year_first(text)
            or _three_numbers(text)
            or _compact(text)
            or _with_name(text)
            or _period(text)
            or _serial(text)
        )
    except (ValueError, OverflowError):
        return None


def _year_first(text: str) -> Written | None:
    match = _YEAR_FIRST.fullmatch(text)
    if match is None:
        return None
    day = dt.datetime(int(match[1]), int(match[2]), int(match[3] or 1))
    found = _at(day, match.groups()[3:])
    found.shape = YEAR_FIRST
    return found


def _three_numbers(text: str) -> Written | None:
    """Read 3/4/2018 and 18/1/5: what stands first is decided from the whole column."""
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return None
    first, second, last = match[1], match[3], match[4]
    days = {
        DAY_FIRST: _day(_year(last), int(second), int(first)),
        MONTH_FIRST: _day(_year(last), int(first), int(second)),
    }
    if len(last) == 2 and len(first) == 2:
        days[YEAR_FIRST] = _day(_year(first), int(second), int(last))
    clocks = {order: _at(day, match.groups()[4:]) for order, day in days.items() if day}
    if not clocks:
        return None
    padding = "0" if first[0] == "0" or second[0] == "0" else ""
    neutral = "" if padding or len(first) + len(second) < 4 else "?"
    return Written(
        readings={order: w.moment for order, w in clocks.items() if w.moment},
        shape=f"{match[2]}{len(last)}{padding}{neutral}",
        offset=next(iter(clocks.values())).offset,
    )


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _day(year: int, month: int, day: int) -> dt.datetime | None:
    try:
        return dt.datetime(year, month, day)
    except ValueError:
        return None


def _compact(text: str) -> Written | None:
    match = _COMPACT.fullmatch(text)
    if match is None or not 1800 <= int(match[1]) <= 2200:
        return None
    day = _day(int(match[1]), int(match[2]), int(match[3]))
    if day is None:
        return None
    clock = dt.timedelta(
        hours=int(match[4] or 0), minutes=int(match[5] or 0), seconds=int(match[6] or 0)
    )
    return Written(day + clock, offset=0 if text.endswith("Z") else None)


def _with_name(text: str) -> Written | None:
    for pattern, day, month, year in (
        (_NAMED_DAY, 1, 2, 3),
        (_NAMED_MONTH, 2, 1, 3),
        (_NAMED_LAST, 3, 2, 1),
    ):
        match = pattern.fullmatch(text)
        if match is not None and match[month].lower() in _MONTHS:
            number = _MONTHS[match[month].lower()]
            return _at(
                dt.datetime(_year(match[year]), number, int(match[day] or 1)), match.groups()[3:]
            )
    match = _MONTH_SHORT.fullmatch(text)
    if match is not None and match[1].lower() in _MONTHS:
        return Written(dt.datetime(_year(match[2]), _MONTHS[match[1].lower()], 1))
    return None


def _period(text: str) -> Written | None:
    """Read a month, a quarter, a week or a year: its first day."""
    if match := _MONTH_YEAR.fullmatch(text):
        return Written(dt.datetime(int(match[2]), int(match[1]), 1))
    if match := _QUARTER.fullmatch(text):
        quarter = match[2] or match[3]
        return _quarter(int(match[1]), int(_QUARTERS.get(quarter, quarter)))
    if match := _QUARTER_FIRST.fullmatch(text):
        return _quarter(int(match[3]), int(match[1] or match[2]))
    if match := _WEEK.fullmatch(text):
        day = dt.datetime.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
        return Written(day)
    if match := _WEEK_FIRST.fullmatch(text):
        return Written(dt.datetime.fromisocalendar(int(match[2]), int(match[1]), 1))
    if re.fullmatch(r"(1[89]|20|21)\d{2}年?", text):
        return Written(dt.datetime(int(text[:4]), 1, 1))
    if re.fullmatch(r"(19|20)\d{2}(0[1-9]|1[0-2])", text):
        return Written(dt.datetime(int(text[:4]), int(text[4:]), 1))
    return None


def _quarter(year: int, quarter: int) -> Written:
    return Written(dt.datetime(year, 3 * quarter - 2, 1))


def _serial(text: str) -> Written | None:
    """Read Excel's day numbers and Unix time in seconds, milli-, micro- or nanoseconds."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    if 10_000 <= number < 100_000:
        seconds = round(number * 86_400)
        return Written(_EXCEL_EPOCH + dt.timedelta(seconds=seconds))
    for scale in (1, 1_000, 1_000_000, 1_000_000_000):
        if 1e8 * scale <= number < 5e9 * scale:
            return Written(EPOCH + dt.timedelta(seconds=number / scale), offset=0)
    return None


def _at(day: dt.datetime, clock: tuple[str | None, ...]) -> Written:
    """Return a day with the time of day that a clock shows.

    Raises:
        ValueError: no clock shows that.
    """
    word, hour, minute, second, fraction, half, zone = clock
    if hour is None:
        return Written(day)
    hours = _hours(int(hour), word or (half or "").replace(".", "").lower())
    if hours > 24 or int(minute or 0) > 59 or int(second or 0) > 60:
        raise ValueError(f"no time of day: {hour}:{minute}")
    moment = day + dt.timedelta(
        hours=hours,
        minutes=int(minute or 0),
        seconds=int(second or 0),
        microseconds=int((fraction or "0").ljust(6, "0")[:6]),
    )
    return Written(moment, offset=offset_of(zone) if zone else None)


def _hours(hour: int, half: str) -> int:
    if not half or hour > 12:
        return hour
    if half in _EVENING or (half in _NOON and hour < 11):
        return hour % 12 + 12
    return hour % 12 if half in _MORNING else hour
