"""Reads Excel workbooks, .xlsx and .xls: sheets to choose from, titles above the names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from services.registry.reading.cells import column, text
from services.registry.reading.gaps import second_row_of_names
from services.registry.reading.kinds import encrypted_workbook
from services.registry.reading.layout import find_header, find_second
from services.registry.reading.sheet_xml import error_cells, look, refuse_uncomputed
from services.registry.reading.source import Source, column_names
from shared.contracts.datasets import Finding, Reading, SourceFormat
from shared.kit.errors import Invalid

_ERRORS = {"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#N/A"}
_TITLES = 100  # rows
_HEAD, _WHOLE = 4 << 20, 1 << 40  # bytes of XML
_FEWEST_ROWS, _FEWEST_COLUMNS = 3, 2


@dataclass
class _Sheet:
    """The cells of one sheet from its top left corner, and how many rows it has."""

    name: str
    cells: list[list[Any]]
    height: int


def read(
    path: Path, reading: Reading, rows: int | None = None, wanted: set[str] | None = None
) -> Source:
    """Read one sheet of a workbook, or only its first `rows` rows.

    Raises:
        Invalid: it is encrypted or damaged, the sheet is not there or empty, or a wanted column
            holds formulas that nothing has computed.
    """
    from python_calamine import CalamineError, PasswordError, load_workbook

    try:
        book = load_workbook(str(path))
        names = list(book.sheet_names)
        sheet = _sheet(book, names, reading.sheet, None if rows is None else rows + _TITLES)
    except PasswordError as error:
        raise encrypted_workbook() from error
    except (CalamineError, OSError, ValueError) as error:
        raise Invalid(
            f"The workbook is cut off or damaged ({str(error)[:100]}): save it again.",
            field="/file",
        ) from error
    source, empty = _source(sheet, names, reading)
    limit = _WHOLE if rows is None else _HEAD
    passed = look(path, sheet.name, source.first_row - 1, limit).findings(empty)
    refuse_uncomputed(passed, wanted or set())
    source.findings += passed
    return source


def _sheet(book: Any, names: list[str], wanted: str | None, rows: int | None) -> _Sheet:
    """Return the sheet that is wanted, or the first one with a table in it."""
    if wanted is not None and wanted not in names:
        raise Invalid(
            f"There is no sheet {wanted!r}. The workbook has: {', '.join(names[:20])}.",
            field="/mapping/reading/sheet",
        )
    found = None
    for name in [wanted] if wanted else names:
        sheet = book.get_sheet_by_name(name)
        cells = sheet.to_python(skip_empty_area=False, nrows=rows)
        filled = [sum(cell != "" for cell in row) for row in cells]
        if sum(count >= _FEWEST_COLUMNS for count in filled) >= _FEWEST_ROWS:
            return _Sheet(name, cells, _height(sheet))
        if found is None and any(filled):
            found = _Sheet(name, cells, _height(sheet))
    if found is None:
        raise Invalid("The sheet is empty: choose another one.", field="/mapping/reading/sheet")
    return found


def _height(sheet: Any) -> int:
    return 0 if sheet.end is None else int(sheet.end[0]) + 1


def _source(sheet: _Sheet, sheets: list[str], reading: Reading) -> tuple[Source, dict[str, str]]:
    """Return the columns of a sheet, and the names of those without any value by letter."""
    cells = sheet.cells
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
    keep = [i for i in range(width) if named[i] or any(row[i] != "" for row in cells[header + 1 :])]
    second = find_second([[row[i] for i in keep] for row in filled], header, len(keep))
    first = (header if second is None else second) + 1
    body = cells[first:]
    names = column_names([named[i] for i in keep])
    values = {n: [_clean(row[i]) for row in body] for n, i in zip(names, keep, strict=True)}
    findings = [] if second is None else second_row_of_names(second + 1, header + 1)
    source = Source(
        SourceFormat(kind="excel", sheet=sheet.name, sheets=sheets, header_row=header + 1),
        pa.table({name: column(cells) for name, cells in values.items()}),
        first + 1,
        complete=sheet.height <= len(cells),
        findings=findings + _error_cells(body, keep, first),
        rows=max(sheet.height, len(cells)) - first,
    )
    letters = map(letters_of, keep)
    empty = {
        a: n for a, n in zip(letters, names, strict=True) if not any(map(_is_there, values[n]))
    }
    return source, empty


def _header(rows: list[list[str]], usual: int) -> int:
    found = find_header(
        [row if sum(map(bool, row)) >= usual * 0.6 else [] for row in rows], max(1, usual)
    )
    return found or 0


def _error_cells(body: list[list[Any]], keep: list[int], first: int) -> list[Finding]:
    """Say which cells hold an error instead of a value."""
    places = [
        f"{letters_of(i)}{first + 1 + number}: {row[i].strip()}"
        for number, row in enumerate(body)
        for i in keep
        if isinstance(row[i], str) and row[i][:1] == "#" and row[i].strip() in _ERRORS
    ]
    return error_cells(places)


def letters_of(index: int) -> str:
    """Return what Excel calls a column: A, B, … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _is_there(cell: Any) -> bool:
    return cell is not None


def _clean(cell: Any) -> Any:
    if isinstance(cell, str):
        cell = cell.strip()
        return None if cell in _ERRORS or cell == "" else cell
    return cell
