"""Finds the table in a JSON document: records, columns, split, index, or nested in others."""

import re
from typing import Any

from services.registry.reading.source import column_names
from shared.kit.errors import Invalid

Table = dict[str, list[Any]]
_WRAPPERS = ("data", "records", "rows", "items", "results", "values", "list", "result")
_DEEPEST = 5
_DATE = re.compile(r"\d{4}\D\d{1,2}\D\d{1,2}.*|\d{4}[-/]?\d{2}([-/]?\d{2})?|\d{10}|\d{12,13}")


def find_table(document: Any) -> Table:
    """Return the columns of the one table in a document.

    Raises:
        Invalid: there is none, or there are several.
    """
    table = _table(document, 0)
    if table is None:
        raise Invalid(
            'The JSON is not a table. Use [{"date": …, "sales": …}, …], {"date": […], '
            '"sales": […]} or one object a line.',
            field="/file",
        )
    return table


def _table(document: Any, depth: int) -> Table | None:
    if isinstance(document, list):
        return _from_list(document)
    if not isinstance(document, dict) or depth > _DEEPEST:
        return None
    if {"columns", "data"} <= document.keys() and isinstance(document["columns"], list):
        return _from_split(document["columns"], document["data"], document.get("index"))
    if _is_columns(document):
        return document
    if _is_labelled(document):
        return _from_labelled(document)
    return _from_inside(document, depth)


def _from_inside(document: dict[str, Any], depth: int) -> Table | None:
    """Look for the table in the fields: first those with a telling name, then the others."""
    for name in _WRAPPERS:
        if name in document:
            found = _table(document[name], depth + 1)
            if found is not None:
                return found
    tables = {name: _table(value, depth + 1) for name, value in document.items()}
    found_in = [name for name, table in tables.items() if table is not None]
    if len(found_in) > 1:
        shown = ", ".join(repr(name[:40]) for name in found_in[:10])
        raise Invalid(
            f"The JSON holds several tables ({shown}): upload one of them.", field="/file"
        )
    return tables[found_in[0]] if found_in else None


def _is_columns(document: dict[str, Any]) -> bool:
    lists = [value for value in document.values() if isinstance(value, list)]
    if len(lists) < max(1, len(document)) or len(set(map(len, lists))) != 1:
        return False
    return not any(isinstance(value[0], dict | list) for value in lists if value)


def _is_labelled(document: dict[str, Any]) -> bool:
    """Say whether it is an object of objects that hold plain values under like names."""
    inner = list(document.values())
    if not inner or not all(isinstance(value, dict) and value for value in inner):
        return False
    if any(isinstance(cell, dict | list) for value in inner for cell in value.values()):
        return False
    names = set().union(*inner)
    return sum(map(len, inner)) * 2 >= len(names) * len(inner)


def _from_labelled(document: dict[str, dict[str, Any]]) -> Table:
    """Read {"column": {"row": …}} or {"row": {"column": …}}, whichever way round it is."""
    inner: dict[str, None] = {}
    for cells in document.values():
        inner.update(dict.fromkeys(cells))
    outer, names = list(document), list(inner)
    told, more = _are_rows(outer) != _are_rows(names), len(outer) > len(names)
    if _are_rows(outer) if told else more:
        columns = {name: [cells.get(name) for cells in document.values()] for name in names}
        return _with_labels(columns, outer)
    columns = {name: [cells.get(row) for row in names] for name, cells in document.items()}
    return _with_labels(columns, names)


def _are_rows(labels: list[str]) -> bool:
    return _are_counted(labels) or all(map(_DATE.fullmatch, labels))


def _are_counted(labels: list[Any]) -> bool:
    return [str(label) for label in labels] == [str(i) for i in range(len(labels))]


def _with_labels(columns: Table, labels: list[Any]) -> Table:
    """Keep the names of the rows as a column, unless they only count."""
    if _are_counted(labels):
        return columns
    dated = all(_DATE.fullmatch(str(label)) for label in labels)
    name = "date" if dated and "date" not in columns else "index"
    return columns if name in columns else {name: labels, **columns}


def _from_list(rows: list[Any]) -> Table | None:
    if rows and all(isinstance(row, dict) for row in rows):
        names: dict[str, None] = {}
        for record in rows:
            names.update(dict.fromkeys(record))
        return {name: [record.get(name) for record in rows] for name in names}
    if len(rows) > 1 and all(isinstance(row, list) for row in rows):
        return _from_split(rows[0], rows[1:], None)
    return None


def _from_split(columns: list[Any], rows: Any, index: Any) -> Table | None:
    if not isinstance(rows, list) or any(isinstance(name, dict) for name in columns):
        return None
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(columns):
            raise Invalid(f"Row {number} does not have {len(columns)} fields.", field="/file")
    names = column_names([str(name) for name in columns])
    table = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    if isinstance(index, list) and len(index) == len(rows):
        return _with_labels(table, index)
    return table
