"""Reads numbers as people write them: 1,234.50 · 1.234,5 · (12) · ￥30 · １２ · 5%."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from services.registry.cleaning.columns import Floats, Mask, coded
from services.registry.reading.layout import MISSING
from services.registry.reading.source import Column

_MONEY = re.compile(r"[\s$€£¥￥元%'’\u00a0\u202f]|RMB|CNY|USD|EUR")
_TRUTH = {
    "true": 1.0,
    "false": 0.0,
    "yes": 1.0,
    "no": 0.0,
    "y": 1.0,
    "n": 0.0,
    "是": 1.0,
    "否": 0.0,
}


@dataclass
class Numbers:
    """A column of numbers: what could not be read is missing, and marked."""

    values: Floats
    text: Mask | None = None
    infinite: Mask | None = None


def numbers(column: Column, decimal: str) -> Numbers:
    """Read a column as numbers."""
    if pa.types.is_floating(column.type):
        values = column.to_numpy().astype(np.float64, copy=False)
        found = _finite(values, column.null_count)
        if found.infinite is not None and column.null_count:
            found.infinite &= ~column.is_null().to_numpy()
        return found
    cells = coded(column)
    read = [_read(value, decimal) for value in cells.values]
    table = np.array([r if r is not None else np.nan for r in read] + [np.nan])
    is_text = np.array([r is None for r in read] + [False])
    not_finite = np.array(
        [r is not None and _is_odd(v, r) for v, r in zip(cells.values, read, strict=True)] + [False]
    )
    values = table[cells.codes]
    infinite = not_finite[cells.codes] if not_finite.any() else None
    if infinite is not None:
        values[infinite] = np.nan
    return Numbers(values, is_text[cells.codes] if is_text.any() else None, infinite)


def _finite(values: Floats, nulls: int) -> Numbers:
    """Mark NaN and infinity that somebody wrote down; an empty cell is only missing."""
    odd = ~np.isfinite(values)
    if np.count_nonzero(odd) == nulls:
        return Numbers(values)
    return Numbers(np.where(odd, np.nan, values), None, odd)


def _is_odd(value: Any, number: float) -> bool:
    return not np.isfinite(number) and not (value is None or str(value).strip() in MISSING)


def _read(value: Any, decimal: str) -> float | None:
    """Return a number, NaN where the cell is empty, or None where it is no number."""
    if value is None:
        return float("nan")
    if isinstance(value, bool | int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    cell = value.strip()
    if cell in MISSING:
        return float("nan")
    try:
        if decimal == "." or ("," not in cell and "." not in cell):
            return float(cell)
    except ValueError:
        pass
    return _read_written(cell, decimal)


def _read_written(cell: str, decimal: str) -> float | None:
    cell = unicodedata.normalize("NFKC", cell)
    if cell.lower() in _TRUTH:
        return _TRUTH[cell.lower()]
    bare = _MONEY.sub("", cell).replace("−", "-")
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if bare.endswith("-"):
        bare = "-" + bare[:-1]
    thousands = "," if decimal == "." else "."
    if not re.fullmatch(
        rf"[-+]?(\d+|\d{{1,3}}(\{thousands}\d{{2,3}})+)?(\{decimal}\d*)?([eE][-+]?\d+)?", bare
    ):
        return _infinity(bare)
    try:
        return float(bare.replace(thousands, "").replace(decimal, "."))
    except ValueError:
        return None


def _infinity(cell: str) -> float | None:
    if cell.lower().lstrip("+-") in ("inf", "infinity", "∞"):
        return float("inf")
    return float("nan") if cell.lower() == "nan" else None
