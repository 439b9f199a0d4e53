"""One rule for time zones: days by the local date, what is shorter in UTC; the report says it."""

import datetime as dt
import io
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from httpx import AsyncClient
from pyarrow import parquet as pq

from tests.services.registry.cleaning.cleaned import Cleaned, cleaned, table
from tests.services.registry.filing import upload

BERLIN = ZoneInfo("Europe/Berlin")


def midnights(
    zone: str, first: dt.date = dt.date(2018, 3, 1), count: int = 40
) -> list[dt.datetime]:
    days = [first + dt.timedelta(days=i) for i in range(count)]
    return [dt.datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)) for d in days]


def days(first: dt.date = dt.date(2018, 3, 1), count: int = 40) -> list[str]:
    return [str(first + dt.timedelta(days=i)) for i in range(count)]


def hours(first: str, count: int = 72) -> list[dt.datetime]:
    start = dt.datetime.fromisoformat(first).replace(tzinfo=dt.UTC)
    return [start + dt.timedelta(hours=i) for i in range(count)]


def parquet(folder: Path, moments: list[dt.datetime], zone: str) -> Cleaned:
    moment = pa.array(moments, pa.timestamp("us", zone))
    content = io.BytesIO()
    pq.write_table(
        pa.table({"date": moment, "sales": [float(i) for i in range(len(moments))]}), content
    )
    return cleaned(folder, content.getvalue())


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "Europe/London", "America/New_York", "Asia/Shanghai", "Pacific/Auckland"],
)
def test_local_midnights_written_in_utc_are_the_days_they_were(tmp_path: Path, zone: str) -> None:
    moments = midnights(zone)
    iso = [m.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for m in moments]
    epoch = [str(int(m.timestamp() * 1000)) for m in moments]

    for dates in (iso, epoch):
        found = cleaned(tmp_path, table(dates))

        assert found.dates == days()
        assert found.panel.grid.alias == "D"
        assert "midnights elsewhere" in found.said("time_zones")


def test_months_that_begin_elsewhere_stay_months(tmp_path: Path) -> None:
    first = [dt.datetime(2016 + i // 12, i % 12 + 1, 1, tzinfo=BERLIN) for i in range(30)]

    found = cleaned(tmp_path, table([m.astimezone(dt.UTC).isoformat() for m in first]))

    assert found.panel.grid.alias == "MS"
    assert found.dates == [str(m.date()) for m in first]


def test_midnights_with_offsets_are_the_days_they_name(tmp_path: Path) -> None:
    found = cleaned(tmp_path, table([m.isoformat() for m in midnights("Europe/Berlin")]))

    assert found.dates == days()
    assert "+01:00, +02:00" in found.said("time_zones")
    assert "local date" in found.said("time_zones")


def test_sales_at_any_time_count_on_their_local_day(tmp_path: Path) -> None:
    rows = [f"2018-01-{day:02} {hour}+08:00" for day in range(1, 15) for hour in ("00:10", "23:50")]

    found = cleaned(tmp_path, table(rows), frequency="D", fixes={"duplicate_rows": "sum"})

    assert found.dates == days(dt.date(2018, 1, 1), 14)
    assert found.values[:2] == [3.0, 7.0]


@pytest.mark.parametrize("first", ["2018-03-24T00:00", "2018-10-27T00:00"])
def test_hours_stay_as_long_as_they_are_when_clocks_change(tmp_path: Path, first: str) -> None:
    moments = hours(first)
    local = [m.astimezone(BERLIN) for m in moments]
    texts = [m.isoformat() for m in local]
    named = [m.strftime("%Y-%m-%d %H:%M %Z") for m in local]

    for found in (
        cleaned(tmp_path, table(texts)),
        cleaned(tmp_path, table(named)),
        parquet(tmp_path, moments, "Europe/Berlin"),
    ):
        assert found.dates == [
            m.strftime("%Y-%m-%dT%H:%M:%S").removesuffix("T00:00:00") for m in moments
        ]
        assert set(found.findings) <= {"time_zones", "short_series"}
        assert "UTC" in found.said("time_zones")


def test_days_of_a_parquet_file_with_a_zone_are_local(tmp_path: Path) -> None:
    found = parquet(tmp_path, midnights("Europe/Berlin"), "Europe/Berlin")

    assert found.dates == days()
    assert "Europe/Berlin" in found.said("time_zones")


def test_midnights_of_utc_need_no_word(tmp_path: Path) -> None:
    found = cleaned(tmp_path, table([f"{day}T00:00:00Z" for day in days()]))

    assert found.dates == days()
    assert "time_zones" not in found.findings


def test_times_without_a_zone_are_taken_as_they_are(tmp_path: Path) -> None:
    found = cleaned(tmp_path, table([f"{day} 22:00" for day in days()]))

    assert found.dates == [f"{day}T22:00:00" for day in days()]
    assert "time_zones" not in found.findings


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2018-01-05T10:00Z", "10"),
        ("2018-01-05 10:00 CET", "09"),
        ("2018-01-05 10:00 CEST", "08"),
        ("2018-01-05 10:00+08", "02"),
        ("2018-01-05 10:00 GMT+8", "02"),
        ("2018-01-05 10:00-0500", "15"),
    ],
)
def test_zones_are_read(tmp_path: Path, written: str, utc: str) -> None:
    others = [f"2018-01-05T{hour}:00Z" for hour in (18, 19, 20, 21, 22)]

    found = cleaned(tmp_path, table([written, *others]))

    assert found.dates[0] == f"2018-01-05T{utc}:00:00"


async def test_a_dataset_of_days_goes_on_with_midnights_written_in_utc(
    registry: AsyncClient,
) -> None:
    mapping = {"date": "date", "target": "sales"}
    whole = table(days(), [float(i) for i in range(40)]).splitlines()
    later = [m.astimezone(dt.UTC).isoformat() for m in midnights("Europe/Berlin")][30:]
    first = (await upload(registry, "\n".join(whole[:31]).encode(), mapping)).json()

    answer = await registry.post(
        f"/datasets/{first['id']}/extend", files={"file": ("newer.csv", table(later))}
    )

    assert answer.status_code == 201, answer.text
    second = answer.json()
    assert (first["end"][:10], second["end"][:10]) == ("2018-03-30", "2018-04-09")
    assert (second["row_count"], second["frequency"]) == (40, "D")
