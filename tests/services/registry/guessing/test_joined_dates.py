"""Dates that stand in several columns: a person reads them as one."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from services.registry.cleaning.clean import clean
from shared.contracts.datasets import Preview
from tests.services.registry.reading.read import preview_of, source_of

HOURS = [dt.datetime(2013, 3, 1) + dt.timedelta(hours=i) for i in range(72)]
MONTHS = [dt.datetime(2015 + i // 12, i % 12 + 1, 1) for i in range(48)]


def csv(names: str, rows: list[tuple[Any, ...]]) -> bytes:
    return "\n".join([names, *(",".join(map(str, row)) for row in rows)]).encode()


def parquet(names: str, rows: list[tuple[Any, ...]]) -> bytes:
    out = io.BytesIO()
    records = [dict(zip(names.split(","), row, strict=True)) for row in rows]
    pq.write_table(pa.Table.from_pylist(records), out)
    return out.getvalue()


def stored(folder: Path, content: bytes) -> tuple[Preview, list[dt.datetime]]:
    """Look at a file, clean it by the mapping of its preview, and return its dates."""
    seen = preview_of(folder, content)
    assert seen.mapping is not None, seen.findings
    source = source_of(folder, content, **seen.mapping.model_dump())
    panel, _, _ = clean(source, seen.mapping, "any")
    moments = panel.grid.moments(panel.first[0] + range(int(panel.lengths[0])))
    return seen, [dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(m)) for m in moments]


@pytest.mark.parametrize("write", [csv, parquet])
def test_year_month_day_and_hour_are_one_date(write: Any, tmp_path: Path) -> None:
    names = "No,year,month,day,hour,PM2.5,TEMP,station"
    rows = [
        (i + 1, t.year, t.month, t.day, t.hour, 4.5 + i % 7, -2.5 + i, "Aotizhongxin")
        for i, t in enumerate(HOURS)
    ]

    seen, dates = stored(tmp_path, write(names, rows))

    assert seen.mapping is not None
    assert seen.mapping.date == "year + month + day + hour"
    assert (seen.mapping.target, seen.mapping.past) == ("PM2.5", ["TEMP"])
    assert (seen.frequency, dates) == ("h", HOURS)


def test_years_and_months_are_months(tmp_path: Path) -> None:
    rows = [(t.year, t.month, i * 1.5) for i, t in enumerate(MONTHS)]

    seen, dates = stored(tmp_path, csv("年份,月份,销量", rows))

    assert seen.mapping is not None
    assert (seen.mapping.date, seen.frequency) == ("年份 + 月份", "MS")
    assert dates == MONTHS


@pytest.mark.parametrize(
    ("name", "style"), [("hour", "{0.hour}"), ("time", "{0:%H:%M}"), ("时间", "{0:%H:%M:%S}")]
)
def test_a_date_and_a_time_beside_it_are_one(name: str, style: str, tmp_path: Path) -> None:
    rows = [(t.strftime("%d/%m/%Y"), style.format(t), i) for i, t in enumerate(HOURS)]

    seen, dates = stored(tmp_path, csv(f"date,{name},load", rows))

    assert seen.mapping is not None
    assert (seen.mapping.date, seen.frequency) == (f"date + {name}", "h")
    assert dates == HOURS


def test_the_time_of_a_receipt_does_not_make_hours_of_days(tmp_path: Path) -> None:
    rows = [(f"{t:%Y-%m-%d}", f"{9 + i % 8}:{i * 7 % 60:02}", i) for i, t in enumerate(HOURS * 3)]

    seen = preview_of(tmp_path, csv("date,time,qty", rows))

    assert seen.mapping is not None
    assert (seen.mapping.date, seen.frequency) == ("date", "D")
    assert "date + time" not in [column.name for column in seen.columns]


def test_a_year_and_a_month_beside_a_date_are_not_needed(tmp_path: Path) -> None:
    rows = [(t.date(), t.year, t.month, i) for i, t in enumerate(HOURS[::24])]

    seen = preview_of(tmp_path, csv("date,year,month,sales", rows))

    assert seen.mapping is not None
    assert seen.mapping.date == "date"


def test_a_month_that_is_none_is_shown_with_its_row(tmp_path: Path) -> None:
    rows = [(t.year, t.month, 5) for t in MONTHS]
    rows[10] = (2015, 13, 5)

    seen = preview_of(tmp_path, csv("year,month,sales", rows))

    invalid = next(f for f in seen.findings if f.code == "invalid_dates")
    assert invalid.examples == ["row 12: 2015-13-01"]


def test_a_column_that_is_called_like_a_joined_date_is_a_column(tmp_path: Path) -> None:
    rows = [(f"{t:%Y-%m}", i * 1.5) for i, t in enumerate(MONTHS)]

    seen, dates = stored(tmp_path, csv("year + month,sales", rows))

    assert seen.mapping is not None
    assert dates == MONTHS
