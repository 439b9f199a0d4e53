"""Turns rows of Python values (from Excel and JSON) into columns."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from services.registry.reading.source import CODED, Column, column_names


class Columns:
    """Gathers records piece by piece; only their columns stay in memory.

    What holds lists or objects is no column: it is named in `nested`.
    """

    def __init__(self) -> None:
        self._pieces: dict[str, list[Column | int]] = {}  # a number: so many rows without a value
        self.rows = 0
        self.nested: set[str] = set()

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add records; a name that some lack is missing there."""
        names = dict.fromkeys(name for record in records for name in record)
        columns = {n: [record.get(n) for record in records] for n in {**self._pieces, **names}}
        self.add_columns(columns, len(records))

    def add_columns(self, columns: Mapping[str, Sequence[Any]], rows: int) -> None:
        """Add rows that stand in columns."""
        for name, values in columns.items():
            pieces = self._pieces.setdefault(name, [self.rows] if self.rows else [])
            if any(isinstance(value, dict | list) for value in values):
                self.nested.add(name)
            empty = name in self.nested or all(value is None or value == "" for value in values)
            pieces.append(rows if empty else column(values))
        self.rows += rows

    def table(self) -> pa.Table:
        """Return all that was added."""
        flat = {name: parts for name, parts in self._pieces.items() if name not in self.nested}
        names = column_names(list(flat))
        return pa.table([_joined(pieces) for pieces in flat.values()], names=names)


def _joined(pieces: Sequence[Column | int]) -> Column:
    """Join the pieces of a column: of one kind, or as text."""
    kinds = {piece.type for piece in pieces if not isinstance(piece, int)}
    kind: Any = kinds.pop() if len(kinds) == 1 else CODED
    return pa.chunked_array([_as(piece, kind) for piece in pieces], kind)


def _as(piece: Column | int, kind: Any) -> Column:
    if isinstance(piece, int):
        return pa.array([""] * piece, CODED) if kind == CODED else pa.nulls(piece, kind)
    return piece if piece.type == kind else as_text(piece).fill_null("").cast(CODED)


def column(values: Sequence[Any]) -> Column:
    """Return a column: numbers as float64, dates as timestamps, everything else as text."""
    filled = [value for value in values if value is not None and value != ""]
    if filled and all(_is_number(value) for value in filled):
        return pa.array([_number(value) for value in values], pa.float64())
    if filled and all(isinstance(value, dt.date) for value in filled):
        return pa.array([_moment(value) for value in values], pa.timestamp("us"))
    return pa.array([text(value) for value in values], CODED)


def text(value: Any) -> str:
    """Write a cell as a person would: whole numbers without a point, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)


def as_text(array: Column) -> Column:
    """Return any column as text, numbers written by `text`."""
    if pa.types.is_dictionary(array.type):
        return array.cast(pa.string())
    if pa.types.is_floating(array.type):
        uniques, codes = np.unique(array.to_numpy(zero_copy_only=False), return_inverse=True)
        names = np.array(["" if np.isnan(u) else text(float(u)) for u in uniques], object)
        return pa.array(names[codes], pa.string())
    return array.cast(pa.string())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _moment(value: Any) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    return None
