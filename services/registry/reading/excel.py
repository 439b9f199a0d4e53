"""Reads Excel workbooks, .xlsx and .xls: sheets to choose from, titles above the names."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from services.registry.reading.cells import column, text
from services.registry.reading.kinds import encrypted_workbook
from services.registry.reading.layout import find_header
from services.registry.reading.source import Source, column_names
from shared.contracts.datasets import Reading, SourceFormat
from shared.kit.errors import Invalid

_ERRORS = {"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#N/A"}


def read(path: Path, reading: Reading) -> Source:
    """Read one sheet of a workbook.

    Raises:
        Invalid: it is encrypted or damaged, or the sheet is not there or empty.
    """
    from python_calamine import CalamineError, PasswordError, load_workbook

    try:
        book = load_workbook(str(path))
        names = list(book.sheet_names)
        rows = _rows(book, names, reading.sheet)
    except PasswordError as error:
        raise encrypted_workbook() from error
    except (CalamineError, OSError, ValueError) as error:
        raise Invalid(
            f"The workbook is cut off or damaged ({str(error)[:100]}): save it again.",
            field="/file",
        ) from error
    sheet, cells = rows
    return _source(sheet, names, cells, reading)


def _rows(book: Any, names: list[str], wanted: str | None) -> tuple[str, list[list[Any]]]:
    if wanted is not None and wanted not in names:
        raise Invalid(
            f"There is no sheet {wanted!r}. The workbook has: {', '.join(names[:20])}.",
            field="/mapping/reading/sheet",
        )
    for name in [wanted] if wanted else names:
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        if any(any(cell != "" for cell in row) for row in cells):
            return name, cells
    raise Invalid("The sheet is empty: choose another one.", field="/mapping/reading/sheet")


def _source(sheet: str, sheets: list[str], cells: list[list[Any]], reading: Reading) -> Source:
    width = max(map(len, cells))
    filled = [[text(cell) for cell in row] for row in cells[:60]]
    usual = max(sum(1 for cell in row if cell) for row in filled)
    header = (reading.header_row - 1) if reading.header_row else _header(filled, usual)
    if header >= len(cells):
        raise Invalid(
            f"The sheet has no row {header + 1} to take names from.",
            field="/mapping/reading/header_row",
        )
    named = [text(cell) for cell in cells[header]]
    body = cells[header + 1 :]
    keep = [i for i in range(width) if named[i] or any(row[i] != "" for row in body)]
    names = column_names([named[i] for i in keep])
    columns = [column([_clean(row[i]) for row in body]) for i in keep]
    return Source(
        SourceFormat(kind="excel", sheet=sheet, sheets=sheets, header_row=header + 1),
        pa.table(columns, names=names),
        header + 2,
    )


def _header(rows: list[list[str]], usual: int) -> int:
    found = find_header(
        [row if sum(map(bool, row)) >= usual * 0.6 else [] for row in rows], max(1, usual)
    )
    return found or 0


def _clean(cell: Any) -> Any:
    if isinstance(cell, str):
        cell = cell.strip()
        return None if cell in _ERRORS or cell == "" else cell
    return cell
