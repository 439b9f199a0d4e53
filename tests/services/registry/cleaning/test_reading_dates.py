"""Dates as people write them."""

import datetime as dt

import numpy as np
import pytest

from services.registry.cleaning.columns import Coded
from services.registry.cleaning.dates import NAT, Dates, dates


def read(*texts: object, order: str | None = None) -> Dates:
    places: dict[object, int] = {}
    codes = [places.setdefault(text, len(places)) for text in texts]
    return dates(Coded(np.array(codes, np.int32), list(places)), order)


def moments(found: Dates) -> list[str]:
    shown = found.moments[found.codes]
    return [
        "-" if m == NAT else str(np.datetime64(int(m), "us")).removesuffix("T00:00:00.000000")
        for m in shown
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2018-01-05",
        "2018/1/5",
        "2018.01.05",
        "20180105",
        "2018年1月5日",
        "2018年01月05日 星期五",
        "2018-01-05 周五",
        "Fri 2018-01-05",
        "Friday, 5 January 2018",
        "5-Jan-2018",
        "Jan 5, 2018",
        "２０１８-０１-０５",
        " 2018-01-05 ",
        "2018-01-05T00:00:00",
        "2018-01-05 00:00",
        "13/01/2018 - no",
        "43105",
        43105.0,
        1515110400,
        "1515110400000",
        "2018-W01-5 - no",
    ],
)
def test_one_day_in_many_ways(text: object) -> None:
    expected = "-" if str(text).endswith("no") else "2018-01-05"

    assert moments(read(text)) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018-01", "2018-01-01"),
        ("2018年3月", "2018-03-01"),
        ("2018Q2", "2018-04-01"),
        ("2018-W05", "2018-01-29"),
        ("201803", "2018-03-01"),
        ("2018", "2018-01-01"),
        ("2018-01-05 14:30", "2018-01-05T14:30:00.000000"),
        ("2018-01-05T14:30:15.25", "2018-01-05T14:30:15.250000"),
        ("1/13/2018 2:30 PM", "2018-01-13T14:30:00.000000"),
        ("43105.5", "2018-01-05T12:00:00.000000"),
    ],
)
def test_months_weeks_and_times(text: str, expected: str) -> None:
    assert moments(read(text)) == [expected]


@pytest.mark.parametrize("text", ["2018-02-29", "2018-13-01", "soon", "2018-01-05 27:99"])
def test_an_impossible_date_is_marked(text: str) -> None:
    found = read("2018-01-01", text)

    assert moments(found) == ["2018-01-01", "-"]
    assert found.impossible == [1]


def test_a_wrong_weekday_is_counted_and_the_date_used() -> None:
    found = read("2018-01-01 星期五", "2018-01-02 星期二")

    assert moments(found) == ["2018-01-01", "2018-01-02"]
    assert found.wrong_weekdays == 1


def test_the_whole_column_decides_which_comes_first() -> None:
    day = read("03/04/2018", "13/04/2018")
    month = read("03/04/2018", "04/13/2018")

    assert (moments(day), day.order) == (["2018-04-03", "2018-04-13"], "day_first")
    assert (moments(month), month.order) == (["2018-03-04", "2018-04-13"], "month_first")


def test_where_nothing_is_certain_the_even_reading_counts() -> None:
    assert moments(read("01/02/2018", "02/02/2018", "03/02/2018"))[2] == "2018-02-03"
    assert moments(read("01/02/2018", "01/03/2018", "01/04/2018"))[2] == "2018-01-04"


def test_a_column_that_mixes_both_is_read_by_the_order_of_its_rows() -> None:
    """Excel turned days up to the 12th round, and left the later ones as they were."""
    first = dt.date(2018, 1, 1)
    days = [first + dt.timedelta(days=i) for i in range(120)]
    texts = [d.strftime("%m/%d/%Y" if d.day <= 12 else "%d/%m/%Y") for d in days]
    texts.append("05/13/2018")

    found = read(*texts)

    assert found.order == "row_order"
    assert moments(found)[:120] == [str(day) for day in days]


def test_what_the_user_says_counts() -> None:
    assert moments(read("03/04/2018", order="day_first")) == ["2018-04-03"]
    assert moments(read("03/04/2018", order="month_first")) == ["2018-03-04"]


def test_offsets_that_change_are_brought_to_utc_but_days_stay() -> None:
    summer = read("2018-03-25T01:00:00+01:00", "2018-03-25T03:00:00+02:00")
    days = read("2018-03-25T00:00:00+01:00", "2018-03-26T00:00:00+02:00")

    assert [m[11:16] or "00:00" for m in moments(summer)] == ["00:00", "01:00"]
    assert (summer.zones, days.zones) == ("utc", "local")
    assert moments(days) == ["2018-03-25", "2018-03-26"]
