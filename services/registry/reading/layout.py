"""Finds out how a text table is laid out: delimiter, row of names, decimal sign."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from services.registry.reading.source import column_names
from shared.contracts.datasets import Reading
from shared.kit.errors import Invalid

DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset(
    ["", "NA", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL", "None", "none", "-", "--", "—", "?"]
)
_LOOKED_AT = 200  # lines
_NUMBER = re.compile(r"[-+]?[\d.,\s'’%$€£¥()]*\d[\d.,\s'’%$€£¥()]*")
_COMMA = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_POINT = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)\.\d+")
_NAMED_BY_DATE = re.compile(
    r"(19|20)\d{2}((0[1-9]|1[0-2])([0-3]\d)?)?|\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}日?)?"
)
_DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}日?)?([ T].*)?")


@dataclass(frozen=True)
class Layout:
    """How a text table is laid out. `skip` rows stand above the first row of data."""

    delimiter: str
    decimal: str
    header_row: int | None
    skip: int
    names: list[str]
    rows: list[list[str]]
    quoted_newlines: bool


def find_layout(text: str, reading: Reading) -> Layout:
    """Return the layout of the table at the beginning of `text`.

    Raises:
        Invalid: there is no table in it.
    """
    delimiter = reading.delimiter or _delimiter(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Invalid(f"The file is not a readable table: {error}.", field="/file") from error
    return _layout(rows, text, delimiter, reading)


def _layout(rows: list[list[str]], text: str, delimiter: str, reading: Reading) -> Layout:
    width = _usual_width(rows)
    header = reading.header_row - 1 if reading.header_row else find_header(rows, width)
    if header is not None and header >= len(rows):
        raise Invalid(
            f"The file has no row {header + 1} to take names from.",
            field="/mapping/reading/header_row",
        )
    if header is None:
        first = next(i for i, row in enumerate(rows) if len(row) == width)
        names, body = column_names([""] * width), rows[first:]
    else:
        names, body = column_names(with_index(rows[header], width)), rows[header + 1 :]
    body = [row for row in body if any(cell.strip() for cell in row)]
    return Layout(
        delimiter=delimiter,
        decimal=reading.decimal or _decimal(body, delimiter),
        header_row=None if header is None else header + 1,
        skip=first if header is None else header + 1,
        names=names,
        rows=body,
        quoted_newlines=any("\n" in cell or "\r" in cell for row in rows for cell in row),
    )


def _delimiter(text: str) -> str:
    lines = text.splitlines()[:_LOOKED_AT]
    return max(DELIMITERS, key=lambda d: (*_evenness(lines, d), -DELIMITERS.index(d)))


def _evenness(lines: list[str], delimiter: str) -> tuple[float, int]:
    """Return which share of the lines has the usual number of fields, and that number."""
    try:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
    except csv.Error:
        return 0.0, 0
    if not counts:
        return 0.0, 0
    width, number = counts.most_common(1)[0]
    return (0.0, 0) if width < 2 else (round(number / counts.total(), 2), width)


def _usual_width(rows: list[list[str]]) -> int:
    counts = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not counts:
        raise Invalid("The file is empty: choose another one.", field="/file")
    return counts.most_common(1)[0][0]


def find_header(rows: list[list[str]], width: int) -> int | None:
    """Return the index of the row of names, or None where the data begin without one."""
    for index, row in enumerate(rows[:50]):
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(row) < width - 1 or len(filled) < max(1, width * 0.6):
            continue
        row = with_index(row, width)
        below = [row for row in rows[index + 1 :][:20] if len(row) == width]
        if (
            not any(map(is_value, filled))
            or _differs_below(row, below, width)
            or _dates_above_numbers(row, below)
        ):
            return index
        return None
    return 0


def with_index(names: list[str], width: int) -> list[str]:
    """Put a nameless column in front where the rows have one field more: R's row numbers."""
    return ["", *names] if len(names) == width - 1 else names


def _differs_below(names: list[str], below: list[list[str]], width: int) -> bool:
    """Say whether a row with some numbers or dates in it still names the columns below it.

    Years, dates or product codes may be names; then at least one column has text on top and
    values below.
    """
    return any(
        not is_value(name.strip()) and name.strip() and _all_values(row[i] for row in below)
        for i, name in enumerate(names[:width])
    )


def _dates_above_numbers(names: list[str], below: list[list[str]]) -> bool:
    """Say whether at least three names are dates (or years) and stand above other numbers."""
    dated = [i for i, name in enumerate(names) if _NAMED_BY_DATE.fullmatch(name.strip())]
    if len(dated) < 3 or len({names[i] for i in dated}) < len(dated) or not below:
        return False
    cells = [row[i].strip() for row in below for i in dated if i < len(row)]
    alike = sum(bool(_NAMED_BY_DATE.fullmatch(cell)) for cell in cells)
    return _all_values(cells) and alike * 2 < len(cells)


def _all_values(cells: Iterable[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip() not in MISSING]
    return bool(filled) and all(map(is_value, filled))


def is_value(cell: str) -> bool:
    """Say whether a cell is a number or a date, and so hardly the name of a column."""
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    if delimiter == ",":
        quoted = Counter(_sign(cell) for row in rows[:_LOOKED_AT] for cell in row if "," in cell)
        return "," if quoted[","] > quoted["."] and not _any_point(rows) else "."
    signs = Counter(_sign(cell) for row in rows[:_LOOKED_AT] for cell in row)
    return "," if signs[","] > signs["."] else "."


def _any_point(rows: list[list[str]]) -> bool:
    return any(_POINT.fullmatch(cell.strip()) for row in rows[:_LOOKED_AT] for cell in row)


def _sign(cell: str) -> str:
    cell = cell.strip()
    if _COMMA.fullmatch(cell):
        # 1,234 is a thousand in one country and one and a bit in another; only 1,5 is certain
        return "" if re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", cell) else ","
    return "." if _POINT.fullmatch(cell) else ""
