"""Reads JSON: records, columns, split, nested `data`, and JSON Lines.

Records, in a list or one a line, are read in pieces; anything else must fit into memory.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from services.registry.reading.cells import Columns
from services.registry.reading.encoding import guess
from services.registry.reading.source import Source, column_names
from shared.contracts.datasets import Reading, SourceFormat
from shared.kit.errors import Invalid, TooLarge

LARGEST = 128 << 20
_PIECE = 1 << 20  # letters
_LONGEST = 16 << 20  # letters of one record
_TOGETHER = 20_000  # records
_WRAPPERS = ("data", "records", "rows", "items", "results", "values", "list", "result")
_DECODER = json.JSONDecoder()
Record = dict[str, Any]


def read(path: Path, reading: Reading, rows: int | None = None) -> Source:
    """Read a JSON document, or JSON Lines; `rows` is how many are enough.

    Raises:
        Invalid: it is not JSON, or not a table.
        TooLarge: one document of more than `LARGEST` bytes that is no list of records.
    """
    with path.open("rb") as stream:
        encoding = reading.encoding or guess(stream.read(1 << 16))
    with path.open(encoding=encoding, errors="replace") as stream:
        head = stream.read(_PIECE).removeprefix("\ufeff").lstrip()
    try:
        if _is_lines(head):
            return _gathered(_lines(path, encoding), rows)
        if head[:1] == "[" and head[1:].lstrip()[:1] == "{":
            return _gathered(_listed(path, encoding), rows)
    except RecursionError as error:
        raise Invalid("The JSON is nested too deeply.", field="/file") from error
    return _whole(path, encoding)


def _gathered(records: Iterator[Record], rows: int | None) -> Source:
    found = Columns()
    while part := list(islice(records, _TOGETHER if rows is None else min(_TOGETHER, rows))):
        found.add(part)
        if rows is not None and found.rows >= rows:
            break
    complete = next(records, None) is None
    return Source(SourceFormat(kind="json"), found.table(), 1, complete)


def _whole(path: Path, encoding: str) -> Source:
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
    table = _table(document, 0)
    found = Columns()
    names = list(table)
    found.add([dict(zip(names, row, strict=True)) for row in zip(*table.values(), strict=True)])
    return Source(SourceFormat(kind="json"), found.table(), 1, True)


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


def _table(document: Any, depth: int) -> dict[str, list[Any]]:
    if isinstance(document, list):
        return _from_list(document)
    if isinstance(document, dict):
        if {"columns", "data"} <= document.keys():
            return _from_split(document["columns"], document["data"])
        if _is_columns(document):
            return document
        if document and all(isinstance(value, dict) for value in document.values()):
            return _from_nested(document)
        for name in _WRAPPERS:
            if name in document and depth < 5:
                return _table(document[name], depth + 1)
    raise _no_table()


def _is_columns(document: dict[str, Any]) -> bool:
    lists = [value for value in document.values() if isinstance(value, list)]
    if len(lists) < max(1, len(document)) or len(set(map(len, lists))) != 1:
        return False
    return not any(isinstance(value[0], dict | list) for value in lists if value)


def _from_nested(document: dict[str, dict[str, Any]]) -> dict[str, list[Any]]:
    """Read {"column": {"0": …}}, the way pandas writes by default."""
    index: dict[str, None] = {}
    for cells in document.values():
        index.update(dict.fromkeys(cells))
    return {name: [cells.get(i) for i in index] for name, cells in document.items()}


def _from_list(rows: list[Any]) -> dict[str, list[Any]]:
    if rows and all(isinstance(row, dict) for row in rows):
        return _from_records(rows)
    if len(rows) > 1 and all(isinstance(row, list) for row in rows):
        return _from_split(rows[0], rows[1:])
    raise _no_table()


def _from_records(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
    return {name: [record.get(name) for record in records] for name in names}


def _from_split(columns: Any, rows: Any) -> dict[str, list[Any]]:
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise _no_table()
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(columns):
            raise Invalid(f"Row {number} does not have {len(columns)} fields.", field="/file")
    names = column_names([str(name) for name in columns])
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _no_table() -> Invalid:
    return Invalid(
        'The JSON is not a table. Use [{"date": …, "sales": …}, …], {"date": […], "sales": […]} '
        "or one object a line.",
        field="/file",
    )
