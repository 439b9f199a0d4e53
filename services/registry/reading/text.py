"""Reads CSV and TSV: any delimiter, quoting and encoding, several GB in bounded memory."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from services.registry.reading import encoding as encodings
from services.registry.reading.gaps import find_gaps, ragged_rows, rows_of, second_header
from services.registry.reading.layout import MISSING, Layout, find_layout
from services.registry.reading.source import CODED, Source
from shared.contracts.datasets import Reading, SourceFormat
from shared.kit.errors import Invalid

BLOCK = 8 << 20
FLOAT: pa.DataType = pa.float64()
SAMPLE_ROWS = 20_000
_LINES = SAMPLE_ROWS + 1_000  # titles and empty lines among them
_BEYOND = 128 << 10  # bytes, in the middle and at the end
_PLACES = (0.5, 1.0)


@dataclass(frozen=True)
class Head:
    """The beginning of a file that is packed, and how many bytes the whole has, about."""

    size: int


def sample(path: Path, reading: Reading, head_of: Head | None = None) -> Source:
    """Read the beginning of a file, and a little of its middle and its end."""
    with path.open("rb") as stream:
        head = stream.read(encodings.SAMPLE)
        complete = not stream.read(1) and head_of is None
    encoding = reading.encoding or encodings.guess(head)
    text = _decode(head, encoding)
    looked_at = text if complete else _first_lines(text)
    layout = find_layout(looked_at, reading)
    width = len(layout.names)
    pairs = list(zip(layout.rows, layout.numbers, strict=True))[:SAMPLE_ROWS]
    good = [(row, number) for row, number in pairs if len(row) == width]
    odd = [f"row {number}: {len(row)} fields" for row, number in pairs if len(row) != width]
    if not complete and pairs and len(pairs[-1][0]) != width:
        odd.pop()  # the last one was cut off
    size = head_of.size if head_of else path.stat().st_size
    read = len(head) * len(looked_at) / max(1, len(text))  # bytes
    known = len(layout.rows) if complete else round(len(layout.rows) * size / max(1.0, read))
    complete = complete and len(pairs) == len(layout.rows)
    return Source(
        _format(layout, encoding),
        _as_table([row for row, _ in good], layout.names),
        layout.first_row,
        complete,
        findings=[*second_header(layout), *ragged_rows(len(odd), odd, width)],
        beyond=None if complete or head_of else _beyond(path, layout, encoding),
        rows=known,
        numbers=np.array([number for _, number in good], np.int32),
    )


def _as_table(rows: list[list[str]], names: list[str]) -> pa.Table:
    columns = zip(*rows, strict=True)
    data = [pa.array(column, CODED) for column in columns] or [pa.array([], CODED)] * len(names)
    return pa.table(data, names=names)


def _beyond(path: Path, layout: Layout, encoding: str) -> pa.Table | None:
    """Return some whole rows from the middle and the end of a large file."""
    if layout.quoted_newlines or encoding.startswith(("utf-16", "utf-32")):
        return None  # a line cannot be found from the middle
    rows, width = [], len(layout.names)
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        for place in _PLACES:
            stream.seek(max(encodings.SAMPLE, round((size - _BEYOND) * place)))
            lines = stream.read(_BEYOND).split(b"\n")[1:-1]
            text = b"\n".join(lines).decode(encoding, errors="ignore")
            read = rows_of(io.StringIO(text, newline=""), layout)
            rows += [row for row in read if len(row) == width]
    return _as_table(rows, layout.names) if rows else None


def read(
    path: Path, wanted: set[str], numbers: set[str], reading: Reading, scratch: Path
) -> Source:
    """Read the wanted columns of a whole file.

    Those in `numbers` come as numbers where they are; `scratch` is a path for the file in UTF-8,
    should it be in another encoding.

    Raises:
        Invalid: it is not text, or not a table.
    """
    encoding = encodings.check(path, reading.encoding)
    with path.open("rb") as stream:
        head = stream.read(encodings.SAMPLE)
        complete = not stream.read(1)
    text = _decode(head, encoding)
    layout = find_layout(text if complete else _first_lines(text), reading)
    if encoding not in ("utf-8", "utf-8-sig"):
        encodings.to_utf8(path, encoding, scratch)
        path = scratch
    wanted = {name for name in layout.names if name in wanted}
    types: dict[str, pa.DataType] = dict.fromkeys(wanted, CODED)
    types |= {n: FLOAT for n in wanted & numbers if _looks_numeric(layout, n)}
    table, newlines, ragged = _parse(path, layout, types)
    gaps = find_gaps(path, layout, newlines, ragged, table.num_rows)
    return Source(
        _format(layout, encoding),
        table,
        layout.first_row,
        findings=[*second_header(layout), *gaps.findings(len(layout.names))],
        present=layout.names,
        numbers=gaps.numbers(layout.first_row, table.num_rows),
    )


def _decode(head: bytes, encoding: str) -> str:
    try:
        return head.decode(encoding, errors="ignore").removeprefix("\ufeff")
    except LookupError as error:
        raise Invalid(
            f"The encoding {encoding[:40]!r} is not known. Use utf-8, gb18030, utf-16 or cp1252.",
            field="/mapping/reading/encoding",
        ) from error


def _first_lines(text: str) -> str:
    """Return as many whole lines as a sample can need."""
    lines = text.split("\n", _LINES)
    return "\n".join(lines[:_LINES]) + "\n" if len(lines) > _LINES else _whole_lines(text)


def _whole_lines(text: str) -> str:
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def _format(layout: Layout, encoding: str) -> SourceFormat:
    return SourceFormat(
        kind="csv",
        encoding=encoding,
        delimiter=layout.delimiter,
        decimal=layout.decimal,
        header_row=layout.header_row,
    )


def _looks_numeric(layout: Layout, name: str) -> bool:
    index = layout.names.index(name)
    for row in layout.rows[:1000]:
        cell = row[index].strip() if index < len(row) else ""
        if cell in MISSING:
            continue
        try:
            float(cell.replace(layout.decimal, "."))
        except ValueError:
            return False
    return True


def _parse(
    path: Path, layout: Layout, types: dict[str, pa.DataType]
) -> tuple[pa.Table, bool, bool]:
    """Parse a file; what is not numeric after all, or has line breaks in it, is tried again.

    Return also whether line breaks were looked for in fields, and whether rows were left out.
    """
    newlines = layout.quoted_newlines
    while True:
        ragged: list[Any] = []
        try:
            table = _read_csv(path, layout, types, newlines, ragged)
        except pa.ArrowInvalid as error:
            text = str(error)
            if "conversion error" in text and FLOAT in types.values():
                types = dict.fromkeys(types, CODED)
                continue
            if not newlines:
                newlines = True
                continue
            raise Invalid(
                f"The file is not a readable table: {text.splitlines()[0][:200]}", field="/file"
            ) from error
        if ragged and not newlines:
            newlines = True
            continue
        return table, newlines, bool(ragged)


def _read_csv(
    path: Path,
    layout: Layout,
    types: dict[str, pa.DataType],
    newlines: bool,
    ragged: list[Any],
) -> pa.Table:
    def note(row: Any) -> Literal["skip"]:
        ragged.append(row)
        return "skip"

    return arrow_csv.read_csv(
        path,
        arrow_csv.ReadOptions(
            column_names=layout.names, skip_rows=layout.skip, block_size=BLOCK, use_threads=True
        ),
        arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote,
            newlines_in_values=newlines,
            invalid_row_handler=note,
        ),
        arrow_csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=[*MISSING],
            strings_can_be_null=False,
            decimal_point=layout.decimal,
        ),
    )
