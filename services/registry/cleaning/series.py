"""Groups rows into series, finds their frequency, and leaves out what has no target."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning import clocks
from services.registry.cleaning import frequency as frequencies
from services.registry.cleaning.columns import Coded
from services.registry.cleaning.frequency import Grid
from services.registry.cleaning.report import Report, row_names
from services.registry.cleaning.rhythm import guess
from services.registry.cleaning.rows import Rows
from services.registry.cleaning.spacing import DENSE, own_steps
from services.registry.sentences import say
from shared.contracts.datasets import Mapping
from shared.kit.errors import Invalid

Integers = NDArray[np.int64]
Series = NDArray[np.int32]
Numbers = NDArray[np.int32] | NDArray[np.int64]
FEWEST_DATES = 3


@dataclass
class Grouped:
    """Which series each row belongs to, and the names of the series, in order."""

    series: Series
    count: int
    ids: dict[str, Coded]


def group(rows: Rows, name: str) -> Grouped:
    """Number the series in the order of their names."""
    if not rows.ids:
        zeros = np.zeros(len(rows.numbers), np.int32)
        return Grouped(zeros, 1, {"series_id": Coded(np.zeros(1, np.int32), [name])})
    combined, names = _combined(rows)
    present, series = _number(combined, math.prod(max(1, len(v)) for v in names.values()))
    ids: dict[str, Coded] = {}
    rest = present
    for key, values in reversed(names.items()):
        ids[key] = Coded((rest % len(values)).astype(np.int32), values)
        rest = rest // len(values)
    return Grouped(series, len(present), dict(reversed(ids.items())))


def _combined(rows: Rows) -> tuple[Numbers, dict[str, list[Any]]]:
    """Return one number per row for all its names; the rows let go of theirs."""
    sizes = [max(1, len(column.values)) for column in rows.ids.values()]
    small = math.prod(sizes) < np.iinfo(np.int32).max
    combined: Any = np.zeros(len(rows.numbers), np.int32 if small else np.int64)
    names = {}
    for key in list(rows.ids):
        column = _in_order(rows.ids.pop(key))
        combined *= max(1, len(column.values))
        combined += column.codes
        names[key] = column.values
    return combined, names


def _in_order(column: Coded) -> Coded:
    order = sorted(range(len(column.values)), key=column.values.__getitem__)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return Coded(rank[column.codes], [column.values[i] for i in order])


def _number(combined: Numbers, size: int) -> tuple[Integers, Series]:
    if size > DENSE:
        present, series = np.unique(combined, return_inverse=True)
        return present.astype(np.int64), series.astype(np.int32)
    marked = np.zeros(size, bool)
    marked[combined] = True
    numbers = (np.cumsum(marked) - 1).astype(np.int32)
    return np.flatnonzero(marked).astype(np.int64), numbers[combined]


def regroup(grouped: Grouped, keep: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Grouped:
    """Leave out series and rows, and number what is left again."""
    numbers = (np.cumsum(keep) - 1).astype(np.int32)
    ids = {name: column.take(keep) for name, column in grouped.ids.items()}
    return Grouped(numbers[grouped.series[rows]], int(keep.sum()), ids)


def observed_only(
    rows: Rows, grouped: Grouped, mapping: Mapping, report: Report
) -> tuple[Rows, Grouped]:
    """Leave out rows before a series' first and after its last target, but for known covariates.

    Raises:
        Invalid: no series has any target.
    """
    has_target = ~np.isnan(rows.target)
    first = np.full(grouped.count, np.iinfo(np.int32).max, np.int32)
    last = np.full(grouped.count, -1, np.int32)
    whole = has_target.all()
    series = grouped.series if whole else grouped.series[has_target]
    dates = rows.dates if whole else rows.dates[has_target]
    np.minimum.at(first, series, dates)
    np.maximum.at(last, series, dates)
    empty = last < 0
    if empty.all():
        raise Invalid(
            f"The column {mapping.target!r} holds no numbers: choose another one.",
            field="/mapping/target",
        )
    if whole:
        return rows, grouped
    keep = (rows.dates >= first[grouped.series]) & ~empty[grouped.series]
    after = keep & (rows.dates > last[grouped.series])
    future = after & _any_known(rows, mapping)
    if (
        future.any()
        and report.note(
            "future_rows",
            "info",
            int(future.sum()),
            say("future_rows", count=int(future.sum())),
            row_names(rows.numbers, np.flatnonzero(future)),
        )
        == "drop"
    ):
        future[:] = False
    keep &= ~after | future
    _note_empty(empty, grouped, report)
    return rows.take(keep), regroup(grouped, ~empty, keep)


def _note_empty(empty: NDArray[np.bool_], grouped: Grouped, report: Report) -> None:
    number = int(empty.sum())
    if number:
        names = [_name(grouped, int(i)) for i in np.flatnonzero(empty)[:5]]
        report.note("empty_series", "warning", number, say("empty_series", count=number), names)


def _any_known(rows: Rows, mapping: Mapping) -> NDArray[np.bool_]:
    known = np.zeros(len(rows.target), bool)
    for name in mapping.known:
        column = rows.covariates.get(name)
        if column is None:
            continue
        known |= column.codes >= 0 if isinstance(column, Coded) else ~np.isnan(column)
    return known


def _name(grouped: Grouped, series: int) -> str:
    return " · ".join(str(c.values[c.codes[series]]) for c in grouped.ids.values())


def find_grid(
    rows: Rows, grouped: Grouped, mapping: Mapping, report: Report
) -> tuple[Grid, NDArray[np.bool_]]:
    """Return the grid of the panel, and which series follow it.

    Raises:
        Invalid: there are too few dates, or series of other frequencies.
    """
    days = clocks.by_local_days(rows)
    grid, own = _grid_of(days or rows, grouped, mapping)
    if days is not None and clocks.counts_days(grid):
        rows.moments, rows.dates = days.moments, days.dates
    elif days is not None:
        grid, own = _grid_of(rows, grouped, mapping)
    clocks.note_clock(rows, grid, report)
    return grid, _note_mixed(grid, own, grouped, report)


def _grid_of(rows: Rows, grouped: Grouped, mapping: Mapping) -> tuple[Grid, Integers]:
    used = np.zeros(len(rows.moments), bool)
    used[rows.dates] = True
    moments = rows.moments[used]
    if len(moments) < FEWEST_DATES:
        raise Invalid(
            f"The file has {len(moments)} different dates; a forecast needs at least "
            f"{FEWEST_DATES}, better two seasons.",
            field="/mapping/date",
        )
    own, steps = own_steps(rows.moments, rows.dates, grouped.series, grouped.count)
    alias = mapping.frequency or guess(moments, steps)
    return frequencies.parse(alias, moments), own


def _note_mixed(grid: Grid, own: Integers, grouped: Grouped, report: Report) -> NDArray[np.bool_]:
    main = grid.step * 30 * frequencies.DAY if grid.kind == "months" else grid.step
    other = (own > 0) & ((own > main * 1.5) | (own < main * 0.75))
    if grid.kind == "business":
        other = (own >= frequencies.WEEK) | ((own > 0) & (own < frequencies.DAY))
    if not other.any() or other.all():
        return np.ones(grouped.count, bool)
    examples = [
        f"{_name(grouped, int(i))}: every {_span(int(own[i]))}" for i in np.flatnonzero(other)[:5]
    ]
    count = int(other.sum())
    fix = report.note(
        "mixed_frequency",
        "warning",
        count,
        say("mixed_frequency", count=count, total=grouped.count, frequency=grid.alias),
        examples,
    )
    return ~other if fix == "drop" else np.ones(grouped.count, bool)


def _span(step: int) -> str:
    for unit, name in (
        (frequencies.DAY, "day"),
        (frequencies.HOUR, "hour"),
        (60_000_000, "minute"),
    ):
        if step >= unit:
            number = round(step / unit)
            return name if number == 1 else f"{number} {name}s"
    return f"{step / 1e6:g} seconds"
