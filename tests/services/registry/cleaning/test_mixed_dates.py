"""A file whose dates a spreadsheet damaged becomes the panel that was meant; the report says so."""

import datetime as dt
from pathlib import Path

import pytest

from tests.services.registry.cleaning.cleaned import cleaned, table

DATA = Path(__file__).parents[5] / "shared" / "data" / "raw"
DAYS = [dt.date(2018, 1, 1) + dt.timedelta(days=i) for i in range(200)]


def written(early: str, late: str) -> list[str]:
    return [d.strftime(early if d.day <= 12 else late) for d in DAYS]


def test_200_damaged_days_stay_200_days(tmp_path: Path) -> None:
    found = cleaned(tmp_path, table(written("%-m/%-d/%Y", "%-d/%-m/%Y")))

    assert found.dates == [str(day) for day in DAYS]
    assert found.values == [float(i + 1) for i in range(200)]
    mixed = found.findings["mixed_dates"]
    # The 1st of January, the 2nd of February … mean the same either way
    assert (mixed.severity, mixed.count) == ("warning", 7 * 11)
    assert "The order of the rows decided" in mixed.detail
    assert mixed.examples[0] == "row 3: 1/2/2018 is 2018-01-02"
    assert "missing_dates" not in found.findings


def test_date_cells_beside_text_are_swapped_back(tmp_path: Path) -> None:
    found = cleaned(tmp_path, table(written("%Y-%d-%m", "%-d/%-m/%Y")))

    assert found.dates == [str(day) for day in DAYS]
    assert "day and month swapped" in found.findings["mixed_dates"].detail


def test_date_cells_that_are_right_stay(tmp_path: Path) -> None:
    found = cleaned(tmp_path, table(written("%Y-%m-%d", "%-d/%-m/%Y")))

    assert found.dates == [str(day) for day in DAYS]
    assert found.findings["mixed_dates"].severity == "info"


def test_one_order_is_said_as_it_is(tmp_path: Path) -> None:
    day = cleaned(tmp_path, table(written("%-d/%-m/%Y", "%-d/%-m/%Y")))
    year = cleaned(
        tmp_path, table(written("%y/%m/%d", "%y/%m/%d")), reading={"date_order": "year_first"}
    )

    assert (day.dates, year.dates) == ([str(day) for day in DAYS],) * 2
    assert "the day first" in day.said("date_order")
    assert "the year first" in year.said("date_order")


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real files is absent")
@pytest.mark.parametrize(("grain", "steps"), [("daily", 2106), ("weekly", 302)])
def test_real_damage_is_read(tmp_path: Path, grain: str, steps: int) -> None:
    path = DATA / f"pharma_sales{grain}_mixed_dates.csv"
    if not path.exists():
        pytest.skip("this real file is absent")

    found = cleaned(tmp_path, path.read_bytes(), date="datum", target="M01AB")

    assert (len(found.dates), found.dates[0][:7], found.dates[-1][:7]) == (
        steps,
        "2014-01",
        "2019-10",
    )
    assert "the month first" in found.said("mixed_dates")
