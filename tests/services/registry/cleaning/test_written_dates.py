"""Whatever way dates are written in, they come back."""

import datetime as dt
from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.cleaning.columns import Coded
from services.registry.cleaning.dates import NAT, dates

Moment = dt.datetime
EPOCH = dt.datetime(1970, 1, 1)
WEEKDAYS = "一二三四五六日"


def formed(form: str) -> Callable[[Moment], str]:
    return lambda moment: moment.strftime(form)


DAYS = [
    *(formed(f) for f in ("%Y-%m-%d", "%Y/%-m/%-d", "%Y.%m.%d", "%Y%m%d", "%Y年%-m月%-d日")),
    *(formed(f) for f in ("%d/%m/%Y", "%-d/%-m/%Y", "%m/%d/%Y", "%-m-%-d-%Y", "%d.%m.%Y")),
    *(formed(f) for f in ("%y/%m/%d", "%d/%m/%y", "%-m/%-d/%y", "%d-%b-%Y", "%d-%b-%y")),
    *(formed(f) for f in ("%B %-d, %Y", "%a, %d %b %Y", "%A %Y-%m-%d", "%Y-%m-%dT00:00:00Z")),
    *(formed(f) for f in ("%G-W%V-%u", "%Y%m%d.0", "%Y-%m-%d 00:00:00+08:00")),
    lambda moment: f"{moment:%Y-%m-%d} 星期{WEEKDAYS[moment.weekday()]}",
    lambda moment: f"周{WEEKDAYS[moment.weekday()]} {moment:%Y/%m/%d}",
    lambda moment: str((moment - dt.datetime(1899, 12, 30)).days),
    lambda moment: str(int((moment - EPOCH).total_seconds())),
    lambda moment: str(int((moment - EPOCH).total_seconds() * 1000)),
]
MINUTES = [
    *(formed(f) for f in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y年%-m月%-d日 %-H时%-M分")),
    *(formed(f) for f in ("%Y%m%d%H%M", "%Y%m%d %H:%M", "%Y/%-m/%-d %-I:%M %p", "%d-%b-%Y %H:%M")),
    *(formed(f) for f in ("%Y-%m-%d %H:%M UTC", "%Y-%m-%dT%H:%M:%S.000Z")),
    lambda moment: f"{moment:%Y-%m-%d} {'上午' if moment.hour < 12 else '下午'}{moment:%-I:%M}",
    lambda moment: str(int((moment - EPOCH).total_seconds())),
    lambda moment: f"{(moment - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1):.6f}",
]
first_days = st.datetimes(Moment(1990, 1, 1), Moment(2030, 1, 1)).map(
    lambda moment: Moment(moment.year, moment.month, moment.day)
)


def read(texts: list[str]) -> list[Moment | None]:
    """Return the moments of texts on their own clock."""
    places: dict[str, int] = {}
    codes = np.array([places.setdefault(text, len(places)) for text in texts], np.int32)
    found = dates(Coded(codes, list(places)), None)
    moments = found.moments if found.zoned is None else found.zoned.local
    shown = moments[codes].tolist()
    return [None if m == NAT else EPOCH + dt.timedelta(microseconds=m) for m in shown]


@settings(max_examples=300, deadline=None)
@given(
    first=first_days,
    count=st.integers(40, 120),
    step=st.sampled_from([1, 7, -1]),
    write=st.sampled_from(DAYS),
)
def test_days_come_back(
    first: Moment, count: int, step: int, write: Callable[[Moment], str]
) -> None:
    days = [first + dt.timedelta(days=step * i) for i in range(count)]

    assert read([write(day) for day in days]) == days


@settings(max_examples=200, deadline=None)
@given(
    first=first_days,
    minutes=st.integers(1, 1439),
    step=st.sampled_from([1, 15, 60, 1440]),
    write=st.sampled_from(MINUTES),
)
def test_times_come_back(
    first: Moment, minutes: int, step: int, write: Callable[[Moment], str]
) -> None:
    moments = [first + dt.timedelta(minutes=minutes + step * i) for i in range(50)]

    assert read([write(moment) for moment in moments]) == moments


@settings(max_examples=200, deadline=None)
@given(
    first=first_days,
    count=st.integers(60, 200),
    step=st.sampled_from([1, 7]),
    early=st.sampled_from(["%-m/%-d/%Y", "%m/%d/%Y", "%m-%d-%Y", "%Y-%m-%d", "%Y-%d-%m"]),
    repeated=st.integers(1, 3),
)
def test_days_that_a_spreadsheet_damaged_come_back(
    first: Moment, count: int, step: int, early: str, repeated: int
) -> None:
    days = [first + dt.timedelta(days=step * i) for i in range(count)] * repeated

    texts = [day.strftime(early if day.day <= 12 else "%-d/%-m/%Y") for day in days]

    assert read(texts) == days
