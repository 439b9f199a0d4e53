"""Dates of any rhythm become a regular panel without dates that nobody wrote."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shared.forecasting.frequency import Frequency
from tests.services.registry.cleaning.cleaned import Cleaned, cleaned, table


def panel(folder: Path, dates: pd.DatetimeIndex, **mapping: Any) -> Cleaned:
    return cleaned(folder, table([str(d) for d in dates]), **mapping)


@pytest.mark.parametrize(
    "alias",
    [
        *("D", "2D", "10D", "30D", "B", "W-SUN", "W-WED", "2W-MON", "4W-SUN", "13W-FRI"),
        *("MS", "ME", "2MS", "QS", "QS-FEB", "QE", "QE-FEB", "6MS", "6ME", "YS", "YS-JUL", "YE"),
        *("YE-JUN", "h", "3h", "30min", "15min", "10s"),
    ],
)
@pytest.mark.parametrize("first", ["2016-01-15", "2019-08-02"])
def test_a_regular_file_keeps_its_dates(tmp_path: Path, alias: str, first: str) -> None:
    dates = pd.date_range(first, periods=40, freq=alias)

    found = panel(tmp_path, dates)

    assert found.panel.grid.alias == alias
    assert [pd.Timestamp(d) for d in found.dates] == list(dates)
    assert not {"off_grid", "missing_dates", "duplicate_rows"} & found.findings.keys()
    # the forecasting core goes through the same dates
    there = dates.to_numpy().astype("datetime64[us]")
    clock = Frequency.parse(found.panel.grid.alias).aligned(there[0])
    periods = clock.to_periods(there)
    assert (np.diff(periods) == 1).all()
    assert (clock.to_dates(periods) == there).all()


@pytest.mark.parametrize("alias", ["QS", "QE", "MS", "ME", "W-SUN", "D", "B", "YS", "h"])
def test_a_missing_row_is_a_missing_date(tmp_path: Path, alias: str) -> None:
    dates = pd.date_range("2015-02-03", periods=30, freq=alias)

    found = panel(tmp_path, dates.delete(11), gaps="missing")

    assert [pd.Timestamp(d) for d in found.dates] == list(dates)
    assert found.findings["missing_dates"].count == 1


@pytest.mark.parametrize(("alias", "grid"), [("BME", "ME"), ("BMS", "MS"), ("BQE", "QE")])
def test_working_days_at_the_edge_of_a_month_are_months(
    tmp_path: Path, alias: str, grid: str
) -> None:
    dates = pd.date_range("2015-01-01", periods=30, freq=alias)

    found = panel(tmp_path, dates)

    assert found.panel.grid.alias == grid
    assert found.values == [float(i + 1) for i in range(30)]
    assert found.findings["off_grid"].severity == "info"


def test_working_days_with_a_time_are_days(tmp_path: Path) -> None:
    dates = pd.date_range("2015-01-01 16:00", periods=30, freq="B")

    found = panel(tmp_path, dates)

    assert found.panel.grid.alias == "B"
    assert [pd.Timestamp(d) for d in found.dates] == list(dates.normalize())
    assert found.findings["off_grid"].severity == "info"


def test_some_day_in_each_month_is_a_month(tmp_path: Path) -> None:
    random.seed(4)
    dates = pd.date_range("2015-01-01", periods=24, freq="MS") + pd.TimedeltaIndex(
        [pd.Timedelta(days=14 + random.randrange(2)) for _ in range(24)]
    )

    found = panel(tmp_path, dates)

    assert found.panel.grid.alias == "MS"
    assert len(found.values) == 24


def stacked(folder: Path, first: pd.DatetimeIndex, second: pd.DatetimeIndex) -> Cleaned:
    rows = [f"{d},{name},1" for name, dates in (("a", first), ("b", second)) for d in dates]
    return cleaned(folder, "\n".join(["date,id,sales", *rows]), ids=["id"], gaps="missing")


def test_series_on_alternate_days_stay_on_their_days(tmp_path: Path) -> None:
    first = pd.date_range("2018-01-01", periods=60, freq="2D")

    found = stacked(tmp_path, first, first + pd.Timedelta(days=1))

    assert found.panel.grid.alias == "D"
    assert "off_grid" not in found.findings


def test_fortnights_that_alternate_are_weeks(tmp_path: Path) -> None:
    first = pd.date_range("2018-01-07", periods=30, freq="2W")

    found = stacked(tmp_path, first, first + pd.Timedelta(days=7))

    assert found.panel.grid.alias == "W-SUN"
    assert "off_grid" not in found.findings


def test_quarters_that_alternate_are_months(tmp_path: Path) -> None:
    found = stacked(
        tmp_path,
        pd.date_range("2015-01-01", periods=20, freq="QS"),
        pd.date_range("2015-02-01", periods=20, freq="QS-FEB"),
    )

    assert found.panel.grid.alias == "MS"
    assert "off_grid" not in found.findings


def test_weeks_to_another_weekday_stay_weeks_and_are_said(tmp_path: Path) -> None:
    first = pd.date_range("2018-01-07", periods=30, freq="W")

    found = stacked(tmp_path, first, first + pd.Timedelta(days=3))

    assert found.panel.grid.alias in ("W-SUN", "W-WED")
    assert found.panel.lengths.tolist() == [30, 30]
    assert found.findings["off_grid"].severity == "warning"


@pytest.mark.parametrize(
    ("step", "jitter"), [("10min", 4), ("1min", 3), ("1h", 40), ("30s", 2), ("15min", 9)]
)
def test_readings_some_seconds_early_or_late_are_regular(
    tmp_path: Path, step: str, jitter: int
) -> None:
    random.seed(7)
    exact = pd.date_range("2018-01-01 09:00", periods=200, freq=step)
    dates = exact + pd.TimedeltaIndex(
        [pd.Timedelta(seconds=random.randint(-jitter, jitter)) for _ in exact]
    )

    found = panel(tmp_path, dates)

    assert found.panel.grid.alias == step.replace("1min", "min").replace("1h", "h")
    assert [pd.Timestamp(d) for d in found.dates] == list(exact)
    assert found.values == [float(i + 1) for i in range(200)]
    assert found.findings["off_grid"].severity == "info"


def test_a_night_that_is_written_a_second_early_is_its_day(tmp_path: Path) -> None:
    exact = pd.date_range("2018-01-01", periods=60, freq="D")
    dates = exact + pd.TimedeltaIndex([pd.Timedelta(seconds=i % 5 - 2) for i in range(60)])

    found = panel(tmp_path, dates)

    assert [pd.Timestamp(d) for d in found.dates] == list(exact)


def test_single_sales_are_days(tmp_path: Path) -> None:
    random.seed(5)
    minutes = sorted(random.sample(range(9 * 60, 20 * 60), 12))
    dates = [
        f"2018-01-{day:02} {m // 60:02}:{m % 60:02}:{(7 * m) % 60:02}"
        for day in range(1, 29)
        for m in minutes
    ]

    found = cleaned(tmp_path, table(dates, [1.0] * len(dates)), fixes={"duplicate_rows": "sum"})

    assert found.panel.grid.alias == "D"
    assert found.values == [12.0] * 28
    assert found.findings["off_grid"].severity == "info"
