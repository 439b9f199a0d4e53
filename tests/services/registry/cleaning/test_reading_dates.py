"""Dates as people write them."""

import datetime as dt
import random

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


def orders(found: Dates) -> list[str]:
    return [] if found.decision is None else [order for _, order in found.decision.ways]


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
        "20180105.0",
        "2018年1月5号",
        "2018-Jan-05",
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
        ("Jan-18", "2018-01-01"),
        ("Jan '18", "2018-01-01"),
        ("Mar 2018", "2018-03-01"),
        ("01/2018", "2018-01-01"),
        ("3.2018", "2018-03-01"),
        ("Q1 2018", "2018-01-01"),
        ("2018-Q3", "2018-07-01"),
        ("3Q2018", "2018-07-01"),
        ("2018年1季度", "2018-01-01"),
        ("2018年第四季度", "2018-10-01"),
        ("2018年第5周", "2018-01-29"),
        ("2018W5", "2018-01-29"),
        ("2018-W05-2", "2018-01-30"),
        ("KW 5/2018", "2018-01-29"),
        ("2018年1月5日 14时30分", "2018-01-05T14:30:00.000000"),
        ("2018年1月5日14时", "2018-01-05T14:00:00.000000"),
        ("2018-01-05 上午8:30", "2018-01-05T08:30:00.000000"),
        ("2018/1/5下午3:05", "2018-01-05T15:05:00.000000"),
        ("2018/1/5 中午12:10", "2018-01-05T12:10:00.000000"),
        ("2018/1/5 凌晨12:10", "2018-01-05T00:10:00.000000"),
        ("1/13/2018 12:05 a.m.", "2018-01-13T00:05:00.000000"),
        ("2018-01-05 14:30", "2018-01-05T14:30:00.000000"),
        ("2018-01-05T14:30:15.25", "2018-01-05T14:30:15.250000"),
        ("1/13/2018 2:30 PM", "2018-01-13T14:30:00.000000"),
        ("43105.5", "2018-01-05T12:00:00.000000"),
    ],
)
def test_months_weeks_and_times(text: str, expected: str) -> None:
    assert moments(read(text)) == [expected]


@pytest.mark.parametrize(
    "text",
    ["2018-02-29", "2018-13-01", "soon", "2018-01-05 27:99", "2018-01-05 14:00 LMT", "13/2018"],
)
def test_an_impossible_date_is_marked(text: str) -> None:
    found = read("2018-01-01", text)

    assert moments(found) == ["2018-01-01", "-"]
    assert found.impossible == [1]


def test_a_wrong_weekday_is_counted_and_the_date_used() -> None:
    found = read("2018-01-01 星期五", "2018-01-02 星期二")

    assert moments(found) == ["2018-01-01", "2018-01-02"]
    assert found.wrong_weekdays == [0]


def test_the_whole_column_decides_which_comes_first() -> None:
    day = read("03/04/2018", "13/04/2018")
    month = read("03/04/2018", "04/13/2018")

    assert (moments(day), orders(day)) == (["2018-04-03", "2018-04-13"], ["day_first"])
    assert (moments(month), orders(month)) == (["2018-03-04", "2018-04-13"], ["month_first"])


def test_where_nothing_is_certain_the_even_reading_counts() -> None:
    assert moments(read("01/02/2018", "02/02/2018", "03/02/2018"))[2] == "2018-02-03"
    assert moments(read("01/02/2018", "01/03/2018", "01/04/2018"))[2] == "2018-01-04"


def damaged(days: list[dt.date], early: str, late: str) -> list[str]:
    """Write days as a spreadsheet leaves them that took only those up to the 12th for dates."""
    return [d.strftime(early if d.day <= 12 else late) for d in days]


def days_from(first: str, count: int, step: int = 1) -> list[dt.date]:
    start = dt.date.fromisoformat(first)
    return [start + dt.timedelta(days=i * step) for i in range(count)]


@pytest.mark.parametrize("step", [1, 7])
@pytest.mark.parametrize(
    ("early", "late"),
    [
        ("%-m/%-d/%Y", "%-d/%-m/%Y"),
        ("%m/%d/%Y", "%d/%m/%Y"),
        ("%-m/%-d/%Y", "%d/%m/%Y"),
        ("%m-%d-%Y", "%-d/%-m/%Y"),
        ("%-d/%-m/%Y", "%-m/%-d/%Y"),
        ("%-m/%-d/%y", "%-d/%-m/%y"),
        ("%Y-%m-%d 00:00:00", "%-d/%-m/%Y"),
        ("%Y-%d-%m 00:00:00", "%-d/%-m/%Y"),
    ],
)
def test_a_column_that_mixes_both_is_read_by_the_order_of_its_rows(
    early: str, late: str, step: int
) -> None:
    days = days_from("2018-01-01", 200, step)

    found = read(*damaged(days, early, late))

    assert moments(found) == [str(day) for day in days]


def test_newest_first_and_series_under_each_other_are_read_as_well() -> None:
    days = days_from("2018-01-01", 100)
    texts = damaged(days, "%-m/%-d/%Y", "%-d/%-m/%Y")

    found = read(*reversed(texts), *reversed(texts), *reversed(texts))

    assert moments(found) == [str(day) for day in reversed(days)] * 3


def test_one_way_of_writing_that_needs_both_orders_is_read_text_by_text() -> None:
    days = days_from("2018-01-01", 120)
    texts = damaged(days, "%m/%d/%Y", "%d/%m/%Y")

    found = read(*texts, "05/13/2018")

    assert moments(found)[:120] == [str(day) for day in days]


def test_rows_in_no_order_do_not_outvote_the_days_after_the_12th() -> None:
    days = days_from("2018-01-01", 200)
    random.Random(3).shuffle(days)

    found = read(*[d.strftime("%-d/%-m/%Y") for d in days])

    assert moments(found) == [str(day) for day in days]
    assert orders(found) == ["day_first"]


def test_dates_sorted_like_words_are_not_taken_for_damaged_ones() -> None:
    texts = sorted(d.strftime("%d/%m/%Y") for d in days_from("2018-01-01", 365))

    found = read(*texts)

    assert orders(found) == ["day_first"]
    assert moments(found)[:2] == ["2018-01-01", "2018-02-01"]


def test_a_year_of_two_digits_may_stand_first() -> None:
    days = days_from("2018-01-01", 90)
    for form in ("%y/%m/%d", "%d/%m/%y", "%m/%d/%y"):
        assert moments(read(*[d.strftime(form) for d in days])) == [str(day) for day in days]


def test_months_of_several_years_are_no_days_of_january() -> None:
    months = [dt.date(2016 + i // 12, i % 12 + 1, 1) for i in range(36)]

    assert moments(read(*[d.strftime("%d/%m/%Y") for d in months])) == [str(d) for d in months]


def test_what_the_user_says_counts() -> None:
    assert moments(read("03/04/2018", order="day_first")) == ["2018-04-03"]
    assert moments(read("03/04/2018", order="month_first")) == ["2018-03-04"]
    assert moments(read("18/01/05", order="year_first")) == ["2018-01-05"]
    assert moments(read("18/01/05", "19/01/05", order="day_first"))[1] == "2005-01-19"


def test_the_year_cannot_stand_first_where_it_stands_last() -> None:
    found = read("1/13/2018", "1/2/2018", order="year_first")

    assert moments(found) == ["2018-01-13", "2018-01-02"]
    assert orders(found) == ["month_first"]
