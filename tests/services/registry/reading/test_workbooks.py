"""Workbooks as people keep them: covers, titles, errors, passwords, and other files named .xls."""

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from shared.contracts.datasets import Preview
from shared.kit.errors import Invalid
from tests.services.registry.reading.ole import container, xls
from tests.services.registry.reading.read import preview_of, source_of, table_of

DAYS = [str(dt.date(2024, 1, 1) + dt.timedelta(days=i)) for i in range(12)]
ROWS: list[list[Any]] = [["date", "sales"], *([day, float(i)] for i, day in enumerate(DAYS))]


def xlsx(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def codes(preview: Preview) -> dict[str, list[str]]:
    return {finding.code: finding.examples for finding in preview.findings}


both = pytest.mark.parametrize("write", [xlsx, xls], ids=["xlsx", "xls"])


@both
def test_a_sheet_is_read(write: Any, tmp_path: Path) -> None:
    table = table_of(tmp_path, write({"Verkäufe 销售": ROWS}))

    assert table["date"].to_pylist() == DAYS
    assert table["sales"].to_pylist() == [float(i) for i in range(12)]


@both
def test_days_that_are_only_numbers_are_dates(write: Any, tmp_path: Path) -> None:
    rows: list[list[Any]] = [["日期", "销量"], *([45292.0 + i, 5.0 + i] for i in range(12))]

    seen = preview_of(tmp_path, write({"a": rows}))

    assert seen.rows[0]["date"] == "2024-01-01T00:00:00"
    assert seen.frequency == "D"


@both
def test_the_first_sheet_with_a_table_is_read_and_another_can_be_chosen(
    write: Any, tmp_path: Path
) -> None:
    other = [ROWS[0], *([day, value + 100] for day, value in ROWS[1:])]
    content = write({"Cover": [["Our shop"]], "January": ROWS, "February": other})

    first = preview_of(tmp_path, content)
    second = table_of(tmp_path, content, reading={"sheet": "February"})

    assert first.format.sheet == "January"
    assert first.format.sheets == ["Cover", "January", "February"]
    assert second["sales"].to_pylist()[0] == 100
    with pytest.raises(Invalid, match="Cover, January, February"):
        table_of(tmp_path, content, reading={"sheet": "March"})


@both
def test_titles_above_the_names_are_passed_over(write: Any, tmp_path: Path) -> None:
    content = write({"a": [["Sales of our shop"], ["made in 2024"], ["", ""], *ROWS]})

    assert preview_of(tmp_path, content).format.header_row == 4
    assert table_of(tmp_path, content)["date"].to_pylist() == DAYS


@both
def test_a_second_row_of_names_is_named_as_the_cause(write: Any, tmp_path: Path) -> None:
    content = write({"a": [ROWS[0], ["日期", "销量"], *ROWS[1:]]})

    seen = preview_of(tmp_path, content)

    assert codes(seen)["second_header"] == ["row 2"]
    assert seen.mapping is not None
    assert seen.mapping.fixes == {"second_header": "drop"}
    assert seen.columns[1].type == "number"


@both
def test_errors_of_formulas_are_named_by_their_cells(write: Any, tmp_path: Path) -> None:
    rows = [*ROWS, ["2024-01-13", "#DIV/0!"], ["2024-01-14", "#N/A"]]

    assert codes(preview_of(tmp_path, write({"a": rows})))["error_cells"] == [
        "B14: #DIV/0!",
        "B15: #N/A",
    ]


def test_formulas_that_nothing_computed_are_named(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["date", "sales", "tax"],
        *([day, i, f"=B{i + 2}*0.2"] for i, day in enumerate(DAYS)),
    ]
    content = xlsx({"a": rows})

    seen = preview_of(tmp_path, content)

    said = next(f.detail for f in seen.findings if f.code == "uncomputed_formulas")
    assert "column C ('tax')" in said
    assert seen.mapping is not None
    assert source_of(tmp_path, content).table.num_rows == 12
    with pytest.raises(Invalid, match="open the workbook in Excel"):
        source_of(tmp_path, content, target="tax")


def test_a_long_sheet_is_only_begun_in_a_preview(tmp_path: Path) -> None:
    rows = [ROWS[0], *([day, float(i)] for i, day in enumerate(DAYS * 1_700))]
    content = xlsx({"a": rows})

    seen = preview_of(tmp_path, content)

    assert not seen.complete
    assert seen.rows_estimate == 20_400
    assert source_of(tmp_path, content).table.num_rows == 20_400


def test_a_workbook_with_a_password_is_called_encrypted(tmp_path: Path) -> None:
    content = container("EncryptedPackage", b"\x07" * 5000)

    with pytest.raises(Invalid, match="encrypted with a password"):
        preview_of(tmp_path, content)


@pytest.mark.parametrize(
    "text",
    [
        "<html><body><table><tr><td>1</td></tr></table></body></html>",
        "\ufeff<!DOCTYPE html>\n<html>",
        '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "\r\n<table><tr><td>date</td></tr></table>",
    ],
)
@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_a_web_page_named_xls_is_called_one(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="a web page or XML"):
        preview_of(tmp_path, text.encode(code))


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    text = "date,sales\n" + "".join(f"{day},{i}\n" for i, day in enumerate(DAYS))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text if name.endswith("sales.csv") else b"\0\0\0\1Bud1")
    return out.getvalue()


def test_what_systems_leave_in_folders_is_no_second_file(tmp_path: Path) -> None:
    litter = ["a/.DS_Store", "__MACOSX/a/._sales.csv", "a/Thumbs.db", "a/desktop.ini"]

    assert table_of(tmp_path, zipped("a/sales.csv", *litter))["date"].to_pylist() == DAYS
    with pytest.raises(Invalid, match="2 files"):
        table_of(tmp_path, zipped("a/sales.csv", "b/sales.csv"))
