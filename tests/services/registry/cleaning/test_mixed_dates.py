"""A file whose dates a spreadsheet damaged becomes the panel that was meant; the report says so."""

import datetime as dt
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

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
    assert "like 1/2/2018 are read with the month first. One like 13/1/2018" in mixed.detail
    assert "The order of the rows decided" in mixed.detail
    assert mixed.examples[0] == "row 3: 1/2/2018 is 2018-01-02"
    assert "missing_dates" not in found.findings


def test_date_cells_beside_text_are_swapped_back(tmp_path: Path) -> None:
    found = cleaned(tmp_path, table(written("%Y-%d-%m", "%-d/%-m/%Y")))

    assert found.dates == [str(day) for day in DAYS]
    assert "day and month swapped" in found.findings["mixed_dates"].detail


def workbook(dates: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(["date", "sales"])
    for i, date in enumerate(dates):
        sheet.append([date, i + 1])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("swapped", [True, False])
def test_date_cells_of_a_workbook_beside_its_texts_are_read(tmp_path: Path, swapped: bool) -> None:
    def cell(day: dt.date) -> object:
        if day.day > 12:
            return day.strftime("%-d/%-m/%Y")
        return dt.datetime(day.year, *((day.day, day.month) if swapped else (day.month, day.day)))

    found = cleaned(tmp_path, workbook([cell(day) for day in DAYS]))

    assert found.dates == [str(day) for day in DAYS]
    assert ("day and month swapped" in found.said("mixed_dates")) == swapped


@pytest.mark.parametrize(
    "write",
    [
        lambda day: (day - dt.date(1899, 12, 30)).days,
        lambda day: (day - dt.date(1970, 1, 1)).days * 86_400,
        lambda day: (day - dt.date(1970, 1, 1)).days * 86_400_000,
        lambda day: int(day.strftime("%Y%m%d")),
    ],
    ids=["serial", "seconds", "milliseconds", "digits"],
)
def test_dates_that_are_numbers_are_read(tmp_path: Path, write: Callable[[dt.date], int]) -> None:
    numbers = [write(day) for day in DAYS]

    for content in (workbook(numbers), table([str(number) for number in numbers])):
        found = cleaned(tmp_path, content)

        assert found.dates == [str(day) for day in DAYS]
        assert set(found.findings) <= {"outliers"}


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


def test_dates_that_cannot_be_meant_as_was_said_are_named(tmp_path: Path) -> None:
    dates = ["1/2/2018", "2/2/2018", "2/13/2018", "4/2/2018"]

    found = cleaned(tmp_path, table(dates), reading={"date_order": "day_first"})

    assert found.dates[0] == "2018-02-01"
    assert found.findings["mixed_dates"].examples == ["row 4: 2/13/2018"]
    assert found.findings["mixed_dates"].severity == "warning"


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
