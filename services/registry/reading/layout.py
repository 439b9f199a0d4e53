"""Finds out how a text table is laid out: delimiter, row of names, decimal sign."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.registry.reading.delimiter import find_delimiter, find_quote
from services.registry.reading.source import column_names
from shared.contracts.datasets import Reading
from shared.kit.errors import Invalid

_ABSENT = r"""
NA Na na N/A n/a N.A. n.a. n.a #N/A #NA <NA> \N null NULL Null (null) None none nil nan NaN NAN -nan
- -- --- — —— – / ? . .. ... … 无 暂无 缺失 空
"""
MISSING = frozenset(["", *_ABSENT.split()])
_LOOKED_AT = 200  # rows
_NUMBER = re.compile(r"[-+]?[\d.,\s'’%$€£¥()]*\d[\d.,\s'’%$€£¥()]*")
_COMMA = re.compile(r"[-+]?(\d{1,3}([.\s'’]\d{3})+|\d+),\d+")
_POINT = re.compile(r"[-+]?(\d{1,3}([,\s'’]\d{3})+|\d+)\.\d+")
_NAMED_BY_DATE = re.compile(
    r"(19|20)\d{2}((0[1-9]|1[0-2])([0-3]\d)?)?|\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}日?)?"
)
_DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}日?)?([ T].*)?")


@dataclass(frozen=True)
class Layout:
    """How a text table is laid out.

    Args:
        skip: how many lines of the file stand above the first row of data.
        first_row: the number of that row in a spreadsheet, where a row may have several lines.
        second: the number of a second row of names, left out.
        numbers: the number of each row in `rows`.
    """

    delimiter: str
    quote: str
    decimal: str
    header_row: int | None
    skip: int
    first_row: int
    names: list[str]
    rows: list[list[str]]
    numbers: list[int]
    quoted_newlines: bool
    second: int | None = None


def find_layout(text: str, reading: Reading) -> Layout:
    """Return the layout of the table at the beginning of `text`.

    Raises:
        Invalid: there is no table in it.
    """
    delimiter = reading.delimiter or find_delimiter(text)
    quote = find_quote(text, delimiter)
    rows, ends = _rows(text, delimiter, quote)
    width = _usual_width(rows)
    used = _used_width(rows, width)
    rows = [row[:used] if len(row) == width else row for row in rows]
    top = _top(rows, used, reading)
    filled = [i for i in range(top.first, len(rows)) if any(cell.strip() for cell in rows[i])]
    body = [rows[i] for i in filled]
    cut = width - used if len(top.names) == used else 0
    return Layout(
        delimiter=delimiter,
        quote=quote,
        decimal=reading.decimal or _decimal(body, delimiter),
        header_row=None if top.header is None else top.header + 1,
        skip=ends[top.first],
        first_row=top.first + 1,
        names=column_names(top.names + [""] * cut),
        rows=[row + [""] * cut if len(row) == used else row for row in body],
        numbers=[i + 1 for i in filled],
        quoted_newlines=any("\n" in cell or "\r" in cell for row in body for cell in row),
        second=None if top.second is None else top.second + 1,
    )


def _rows(text: str, delimiter: str, quote: str) -> tuple[list[list[str]], list[int]]:
    """Return all rows, and after how many lines of the text the first n of them end."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    rows, ends = [], [0]
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
    except csv.Error as error:
        raise Invalid(f"The file is not a readable table: {error}.", field="/file") from error
    return rows, ends


@dataclass(frozen=True)
class _Top:
    """What stands above the data: places of the rows of names, the names, the first row."""

    header: int | None
    second: int | None
    names: list[str]
    first: int


def _top(rows: list[list[str]], width: int, reading: Reading) -> _Top:
    header = reading.header_row - 1 if reading.header_row else find_header(rows, width)
    if header is None:
        first = next(i for i, row in enumerate(rows) if len(row) == width)
        return _Top(None, None, [""] * width, first)
    if header >= len(rows):
        raise Invalid(
            f"The file has no row {header + 1} to take names from.",
            field="/mapping/reading/header_row",
        )
    second = find_second(rows, header, width)
    first = (header if second is None else second) + 1
    return _Top(header, second, with_index(rows[header], width), first)


def _usual_width(rows: list[list[str]]) -> int:
    counts = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not counts:
        raise Invalid("The file is empty: choose another one.", field="/file")
    return counts.most_common(1)[0][0]


def _used_width(rows: list[list[str]], width: int) -> int:
    """Return the width without the empty columns that delimiters at the end of lines make."""
    usual = [row for row in rows if len(row) == width]
    used = width
    while used > 1 and not any(row[used - 1].strip() for row in usual):
        used -= 1
    return used


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
    """Put a nameless column in front where the rows have one field more: R's row numbers.

    Where the row of names alone ends with delimiters, they are cut off.
    """
    if len(names) > width and not any(name.strip() for name in names[width:]):
        return names[:width]
    return ["", *names] if len(names) == width - 1 else names


def find_second(rows: Sequence[list[str]], header: int, width: int) -> int | None:
    """Return the index of a row below the names that names the columns once more, if there is."""
    below = [i for i in range(header + 1, min(len(rows), header + 50)) if any(rows[i])]
    if len(below) < 3 or len(rows[below[0]]) != width:
        return None
    row, rest = rows[below[0]], [rows[i] for i in below[1:20] if len(rows[i]) == width]
    filled = [cell.strip() for cell in row if cell.strip() not in MISSING]
    if len(filled) < width * 0.6 or any(map(is_value, filled)):
        return None
    named = [i for i, cell in enumerate(row) if cell.strip() not in MISSING]
    differing = sum(_all_values(other[i] for other in rest) for i in named)
    return below[0] if differing >= min(2, width) else None


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
    # 1,234 is a thousand in one country and one and a bit in another; only 1,5 is certain
    if re.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", cell):
        return ""
    if _COMMA.fullmatch(cell):
        return ","
    return "." if _POINT.fullmatch(cell) else ""
