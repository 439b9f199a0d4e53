"""Turns rows of Python values (from Excel and JSON) into columns."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from services.registry.reading.source import CODED, Column


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
