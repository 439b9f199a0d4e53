"""Reads JSON: records, columns, split, nested `data`, and JSON Lines."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from services.registry.reading.cells import column
from services.registry.reading.encoding import guess
from services.registry.reading.source import Source, column_names
from shared.contracts.datasets import Reading, SourceFormat
from shared.kit.errors import Invalid, TooLarge

LARGEST = 512 << 20
_WRAPPERS = ("data", "records", "rows", "items", "results", "values", "list", "result")


def read(path: Path, reading: Reading, rows: int | None = None) -> Source:
    """Read a JSON document, or JSON Lines; `rows` is how many are enough.

    Raises:
        Invalid: it is not JSON, or not a table.
        TooLarge: one document of more than `LARGEST` bytes.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        encoding = reading.encoding or guess(stream.read(1 << 16))
    if _is_lines(path, encoding):
        records, complete = _lines(path, encoding, rows)
        return _source(_from_records(records), complete)
    if size > LARGEST:
        raise TooLarge(
            f"One JSON document of {size >> 20:,} MB is too large to read at once: "
            "upload JSON Lines, CSV or Parquet.",
            field="/file",
        )
    try:
        document = json.loads(path.read_bytes().decode(encoding))
    except (ValueError, RecursionError) as error:
        raise Invalid(
            f"The file is not readable JSON: {str(error)[:150]}.", field="/file"
        ) from error
    return _source(_table(document, 0), True)


def _is_lines(path: Path, encoding: str) -> bool:
    """Say whether the first line is a whole object and another one follows."""
    with path.open(encoding=encoding, errors="replace") as stream:
        filled = (line for line in stream if line.strip())
        first, second = next(filled, ""), next(filled, "")
    try:
        is_object = isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False
    return is_object and second.lstrip().startswith("{")


def _lines(path: Path, encoding: str, rows: int | None) -> tuple[list[dict[str, Any]], bool]:
    records: list[dict[str, Any]] = []
    with path.open(encoding=encoding) as stream:
        try:
            for number, line in enumerate(stream, 1):
                if rows is not None and len(records) >= rows:
                    return records, False
                if line.strip():
                    records.append(_record(json.loads(line), number))
        except (ValueError, RecursionError) as error:
            raise Invalid(
                f"Line {number} is not readable JSON: {str(error)[:150]}.", field="/file"
            ) from error
    return records, True


def _record(value: Any, number: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"Line {number} is not an object with named fields.", field="/file")
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


def _source(table: dict[str, list[Any]], complete: bool) -> Source:
    for name, values in table.items():
        if any(isinstance(value, dict | list) for value in values):
            raise Invalid(
                f"The field {name[:80]!r} holds lists or objects: flatten it to one value a row.",
                field="/file",
            )
    names = column_names(list(table))
    columns = [column(values) for values in table.values()]
    return Source(SourceFormat(kind="json"), pa.table(columns, names=names), 1, complete)


def _no_table() -> Invalid:
    return Invalid(
        'The JSON is not a table. Use [{"date": …, "sales": …}, …], {"date": […], "sales": […]} '
        "or one object a line.",
        field="/file",
    )
