"""Reads JSON: lists of records, JSON Lines, and documents with one table in them.

Records, in a list or one a line, are read in pieces; anything else must fit into memory.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from services.registry.reading.cells import Columns
from services.registry.reading.encoding import guess
from services.registry.reading.json_shapes import find_table
from services.registry.reading.source import Source, left_out, refuse_nested
from shared.contracts.datasets import Reading, SourceFormat
from shared.kit.errors import Invalid, TooLarge

LARGEST = 128 << 20
_PIECE = 1 << 20  # letters
_LONGEST = 16 << 20  # letters of one record
_TOGETHER = 20_000  # records
_MEASURED = 200  # records
_DECODER = json.JSONDecoder()
Record = dict[str, Any]


@dataclass(frozen=True)
class _Beginning:
    """How a file begins, and so how it can be read; `shape` is None where only as a whole."""

    encoding: str
    head: str
    shape: Literal["lines", "list"] | None


def _beginning(path: Path, reading: Reading) -> _Beginning:
    with path.open("rb") as stream:
        encoding = reading.encoding or guess(stream.read(1 << 16))
    with path.open(encoding=encoding, errors="replace") as stream:
        head = stream.read(_PIECE).removeprefix("\ufeff").lstrip()
    if _is_lines(head):
        return _Beginning(encoding, head, "lines")
    listed = head[:1] == "[" and head[1:].lstrip()[:1] == "{"
    return _Beginning(encoding, head, "list" if listed else None)


def is_streamed(path: Path, reading: Reading) -> bool:
    """Say whether a file can be read record by record."""
    return _beginning(path, reading).shape is not None


def read(
    path: Path,
    reading: Reading,
    rows: int | None = None,
    wanted: set[str] | None = None,
    size: int | None = None,
) -> Source:
    """Read a JSON document, or JSON Lines; `rows` is how many are enough.

    Where the file is only the beginning of a packed one, `size` is how many bytes that has.

    Raises:
        Invalid: it is not JSON, or not a table.
        TooLarge: one document of more than `LARGEST` bytes that is no list of records.
    """
    begin = _beginning(path, reading)
    if begin.shape is None:
        return _whole(path, begin.encoding, wanted)
    find = _lines if begin.shape == "lines" else _listed
    records = find(path, begin.encoding)
    try:
        source = _gathered(records if size is None else _until_cut(records), rows, wanted)
    except RecursionError as error:
        raise Invalid("The JSON is nested too deeply.", field="/file") from error
    if size is not None or not source.complete:
        source.complete, known = False, size or path.stat().st_size
        source.rows = max(source.table.num_rows, round(known / _bytes_each(begin)))
    return source


def _until_cut(records: Iterator[Record]) -> Iterator[Record]:
    """Yield the records before the place where the file is cut off."""
    found = False
    try:
        for record in records:
            found = True
            yield record
    except Invalid:
        if not found:
            raise


def _bytes_each(begin: _Beginning) -> float:
    """Return how many bytes a record has, about: those at the beginning."""
    done, number = int(begin.shape == "list"), 0
    try:
        while number < _MEASURED:
            while begin.head[done] in " \t\r\n,":
                done += 1
            _, done = _DECODER.raw_decode(begin.head, done)
            number += 1
    except (ValueError, IndexError, RecursionError):
        pass  # the end of the piece
    return max(1, len(begin.head[:done].encode(begin.encoding, errors="replace"))) / max(1, number)


def _gathered(records: Iterator[Record], rows: int | None, wanted: set[str] | None) -> Source:
    found = Columns()
    while part := list(islice(records, _TOGETHER if rows is None else min(_TOGETHER, rows))):
        found.add(part)
        if rows is not None and found.rows >= rows:
            break
    complete = next(records, None) is None
    return _source(found, wanted, complete)


def _whole(path: Path, encoding: str, wanted: set[str] | None) -> Source:
    size = path.stat().st_size
    if size > LARGEST:
        raise TooLarge(
            f"One JSON document of {size >> 20:,} MB is too large to read at once: "
            "upload a list of records, JSON Lines, CSV or Parquet.",
            field="/file",
        )
    try:
        document = json.loads(path.read_bytes().decode(encoding))
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    table = find_table(document)
    found = Columns()
    found.add_columns(table, len(next(iter(table.values()), [])))
    return _source(found, wanted, True, found.rows)


def _source(
    found: Columns, wanted: set[str] | None, complete: bool, rows: int | None = None
) -> Source:
    """Return what was gathered, without the nested fields.

    Raises:
        Invalid: a wanted field is nested.
    """
    nested = dict.fromkeys(found.nested, "lists or objects")
    refuse_nested({n: what for n, what in nested.items() if wanted is not None and n in wanted})
    table = found.table()
    if not table.num_columns:
        refuse_nested(nested)
    return Source(
        SourceFormat(kind="json"),
        table,
        1,
        complete,
        findings=left_out(nested),
        rows=rows or (table.num_rows if complete else None),
    )


def _unreadable(error: Exception) -> Invalid:
    return Invalid(f"The file is not readable JSON: {str(error)[:150]}.", field="/file")


def _is_lines(head: str) -> bool:
    """Say whether the first line is a whole object and another one follows."""
    filled = [line for line in head.split("\n", 100) if line.strip()]
    if len(filled) < 2 or not filled[1].lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(filled[0]), dict)
    except (ValueError, RecursionError):
        return False


def _lines(path: Path, encoding: str) -> Iterator[Record]:
    number = 0
    with path.open(encoding=encoding) as stream:
        try:
            while line := stream.readline(_LONGEST):
                number += 1
                if line.strip():
                    yield _record(json.loads(line.removeprefix("\ufeff")), f"Line {number}")
        except ValueError as error:
            raise Invalid(
                f"Line {number} is not readable JSON: {str(error)[:150]}.", field="/file"
            ) from error


def _listed(path: Path, encoding: str) -> Iterator[Record]:
    """Yield the records of one long list, reading no further than needed."""
    with path.open(encoding=encoding) as stream:
        try:
            text, done, number = stream.read(_PIECE).removeprefix("\ufeff").lstrip()[1:], 0, 0
            while True:
                text, done = _next_letter(stream, text, done)
                if text[done : done + 1] in ("]", ""):
                    break
                value, text, done = _decoded(stream, text, done)
                number += 1
                yield _record(value, f"Record {number}")
            rest = text[done + 1 :] + stream.read(_PIECE)
        except ValueError as error:
            raise _unreadable(error) from error
    if text[done : done + 1] != "]" or rest.strip():
        raise Invalid("The JSON does not end with its list: it is cut off.", field="/file")


def _next_letter(stream: Any, text: str, done: int) -> tuple[str, int]:
    """Go to the next record or the end of the list."""
    while True:
        while done < len(text) and text[done] in " \t\r\n,":
            done += 1
        if done < len(text):
            return text, done
        text, done = stream.read(_PIECE), 0
        if not text:
            return "", 0


def _decoded(stream: Any, text: str, done: int) -> tuple[Any, str, int]:
    """Read one record, and more of the file until it is whole."""
    while True:
        try:
            value, end = _DECODER.raw_decode(text, done)
        except ValueError:
            more = stream.read(max(_PIECE, len(text) - done))
            if not more or len(text) - done > _LONGEST:
                raise
            text, done = text[done:] + more, 0
        else:
            return value, text, end


def _record(value: Any, place: str) -> Record:
    if not isinstance(value, dict):
        raise Invalid(f"{place} is not an object with named fields.", field="/file")
    return value
