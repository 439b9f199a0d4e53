"""Joins several rows for one series and date.

Where the target is added up, so are past covariates: amounts, visits. Those whose name says that
they are a price, a rate, a level or a measurement are averaged, and so are known covariates, which
say how the day is. Text keeps the last. Where the target is averaged, all numbers are.
"""

import re
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.columns import Coded, Floats, Mask
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.report import Report
from services.registry.cleaning.rows import Rows
from services.registry.sentences import Said, say
from shared.contracts.datasets import Mapping

Places = NDArray[np.int32]
T = TypeVar("T", Floats, NDArray[np.int32], Mask)
_BLOCK = 1 << 18
_LEVEL = re.compile(
    r"price|rate|ratio|share|percent|pct|average|avg|mean|index|cpi|score|level|stock|inventory|"
    r"temp|humid|wind|pressure|speed|rating|discount|单价|价格|售价|均价|率|比|指数|库存|折扣|"
    r"温|湿|气压|风",
    re.I,
)


def note(panel: Panel, rows: Rows, place: Places, mapping: Mapping, report: Report) -> str:
    """Enter the rows that share a cell, and return the fix for them."""
    counts = np.bincount(place)
    doubles = int((counts > 1).sum())
    examples = []
    for cell in np.flatnonzero(counts > 1)[:5]:
        same = np.flatnonzero(place == cell)[:4]
        numbers = ", ".join(str(rows.numbers[i]) for i in same if rows.numbers[i])
        rows_of = f"rows {numbers}: " if numbers else ""
        examples.append(rows_of + panel.label(int(cell)))
    fix = report.fix("duplicate_rows")
    report.note(
        "duplicate_rows",
        "error",
        int(counts[counts > 1].sum()) - doubles,
        _said(doubles, rows, mapping, fix),
        examples,
        "/mapping/ids",
    )
    return fix


def _said(doubles: int, rows: Rows, mapping: Mapping, fix: str) -> Said:
    said = say("duplicate_rows", count=doubles)
    numbers = [name for name, column in rows.covariates.items() if not isinstance(column, Coded)]
    if fix != "sum" or not numbers:
        return said
    summed = [mapping.target, *(n for n in numbers if way_of(n, mapping, fix) == "sum")]
    averaged = [name for name in numbers if name not in summed]
    said += say("added_up", columns=summed)
    return said + say("averaged", columns=averaged) if averaged else said


def way_of(name: str, mapping: Mapping, fix: str) -> str:
    """Return how the values of a covariate are joined where the target's are joined by `fix`."""
    if fix == "sum" and (name not in mapping.past or _LEVEL.search(name)):
        return "mean"
    return fix


@overload
def join(column: Floats, place: Places, cells: int, way: str) -> Floats: ...
@overload
def join(column: Floats | Coded, place: Places, cells: int, way: str) -> Floats | Coded: ...
def join(column: Floats | Coded, place: Places, cells: int, way: str) -> Floats | Coded:
    """Return the cells of a column: the sum, the mean or the last of their rows."""
    if isinstance(column, Coded):
        return Coded(last(column.codes, place, np.full(cells, -1, np.int32)), column.values)
    joined = np.full(cells, np.nan)
    if way not in ("sum", "mean"):
        return last(column, place, joined)
    has = ~np.isnan(column)
    places, values = (place, column) if has.all() else (place[has], column[has])
    sums = np.bincount(places, values, cells)
    numbers = np.bincount(places, minlength=cells)
    some = numbers > 0
    joined[some] = sums[some] / numbers[some] if way == "mean" else sums[some]
    return joined


def last(values: T, place: Places, cells: T) -> T:
    """Put values into their cells; the last one stays."""
    for start in range(0, len(place), _BLOCK):  # numpy widens the places that it goes to
        part = slice(start, start + _BLOCK)
        cells[place[part]] = values[part]
    return cells
