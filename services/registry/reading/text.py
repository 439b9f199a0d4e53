"""Reads CSV and TSV: any delimiter, quoting and encoding, several GB in bounded memory."""

import csv
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pyarrow import csv as arrow_csv

from services.registry.reading import encoding as encodings
from services.registry.reading.layout import MISSING, Layout, find_layout
from services.registry.reading.source import CODED, Source
from shared.contracts.datasets import Finding, Reading, SourceFormat
from shared.kit.errors import Invalid

BLOCK = 8 << 20
FLOAT: pa.DataType = pa.float64()
SAMPLE_ROWS = 5_000
_SHOWN = 5


def sample(path: Path, reading: Reading) -> Source:
    """Read the beginning of a file."""
    with path.open("rb") as stream:
        head = stream.read(encodings.SAMPLE)
        complete = not stream.read(1)
    encoding = reading.encoding or encodings.guess(head)
    text = _decode(head, encoding)
    layout = find_layout(text if complete else _whole_lines(text), reading)
    width = len(layout.names)
    rows = layout.rows[:SAMPLE_ROWS]
    complete = complete and len(rows) == len(layout.rows)
    columns = zip(
        *((row + [""] * width)[:width] for row in rows), strict=True
    )  # ragged rows are refused when the whole file is read
    data = [pa.array(column, CODED) for column in columns] or [pa.array([], CODED)] * width
    return Source(
        _format(layout, encoding),
        pa.table(data, names=layout.names),
        layout.skip + 1,
        complete,
    )


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
    layout = find_layout(text if complete else _whole_lines(text), reading)
    if encoding not in ("utf-8", "utf-8-sig"):
        encodings.to_utf8(path, encoding, scratch)
        path = scratch
    wanted = {name for name in layout.names if name in wanted}
    types: dict[str, pa.DataType] = dict.fromkeys(wanted, CODED)
    types |= {n: FLOAT for n in wanted & numbers if _looks_numeric(layout, n)}
    table, ragged = _parse(path, layout, types)
    return Source(
        _format(layout, encoding), table, layout.skip + 1, findings=ragged, present=layout.names
    )


def _decode(head: bytes, encoding: str) -> str:
    try:
        return head.decode(encoding, errors="ignore").removeprefix("\ufeff")
    except LookupError as error:
        raise Invalid(
            f"The encoding {encoding[:40]!r} is not known. Use utf-8, gb18030, utf-16 or cp1252.",
            field="/mapping/reading/encoding",
        ) from error


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
) -> tuple[pa.Table, list[Finding]]:
    """Parse a file; what is not numeric after all, or has line breaks in it, is tried again."""
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
        return table, _ragged(path, layout) if ragged else []


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
            delimiter=layout.delimiter, newlines_in_values=newlines, invalid_row_handler=note
        ),
        arrow_csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=[*MISSING],
            strings_can_be_null=False,
            decimal_point=layout.decimal,
        ),
    )


def _ragged(path: Path, layout: Layout) -> list[Finding]:
    """Find the rows with too few or too many fields again, for their numbers."""
    count, width = 0, len(layout.names)
    examples: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows: Iterable[list[str]] = csv.reader(stream, delimiter=layout.delimiter)
        for number, row in enumerate(itertools.islice(rows, layout.skip, None), layout.skip + 1):
            if row and len(row) != width:
                count += 1
                if len(examples) < _SHOWN:
                    examples.append(f"row {number}: {len(row)} fields")
    return [
        Finding(
            code="ragged_rows",
            severity="error",
            count=count,
            detail=f"{count:,} rows do not have {width} fields like the row of names.",
            examples=examples,
            fixes=["refuse", "drop"],
        )
    ]
