"""Places rows on the grid: duplicates joined, gaps filled, everything in order without sorting."""

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning import doubles
from services.registry.cleaning import series as grouping
from services.registry.cleaning.columns import Coded, Mask
from services.registry.cleaning.frequency import DAY, Grid
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.report import Report, row_names
from services.registry.cleaning.rows import Rows
from services.registry.cleaning.series import Grouped
from services.registry.sentences import say
from shared.contracts.datasets import Mapping
from shared.kit.errors import Invalid

Integers = NDArray[np.int64]
Places = NDArray[np.int32]
MOST_CELLS = 300_000_000
_BLOCK = 8_000_000
_OFTEN = 0.05  # so large a share of rows that are moved far means another frequency


def arrange(rows: Rows, mapping: Mapping, report: Report, name: str) -> Panel:
    """Make a regular panel of rows.

    Raises:
        Invalid: duplicate rows, too few dates, or a grid far finer than the data.
    """
    grouped = grouping.group(rows, name)
    rows, grouped = grouping.observed_only(rows, grouped, mapping, report)
    grid, follows = grouping.find_grid(rows, grouped, mapping, report)
    if not follows.all():
        keep = follows[grouped.series]
        rows, grouped = rows.take(keep), grouping.regroup(grouped, follows, keep)
    periods = grid.periods(rows.moments)
    away = np.abs(grid.moments(periods) - rows.moments)
    step = grid.step * 30 * DAY if grid.kind == "months" else grid.step
    moved = ((away > 0).astype(np.int8) + (away >= max(1, step // 4)))[rows.dates]
    numbers = rows.numbers
    panel = _place(rows, grouped, grid, periods, mapping, report)
    if moved.any():
        _note_off_grid(panel, moved, numbers, report)
    return panel


def _note_off_grid(
    panel: Panel, moved: NDArray[np.int8], numbers: NDArray[np.int32], report: Report
) -> None:
    """Say which rows were moved, 1 a little or 2 far; that sales of a day become one is usual."""
    grid, where = panel.grid, np.flatnonzero(moved)
    used = len(panel.target) - (0 if panel.filled is None else int(panel.filled.sum()))
    single = used > (1 - _OFTEN) * len(moved)
    far = grid.kind != "business" and single and (moved == 2).mean() > _OFTEN
    said = say("off_grid", count=len(where), frequency=grid.alias)
    report.note(
        "off_grid",
        "warning" if far else "info",
        len(where),
        said + say("another_frequency") if far else said,
        row_names(numbers, where),
    )


def _place(
    rows: Rows, grouped: Grouped, grid: Grid, periods: Integers, mapping: Mapping, report: Report
) -> Panel:
    base = int(periods.min())
    period = (periods - base).astype(np.int32)[rows.dates]
    rows.dates = np.empty(0, np.int32)  # memory is short here: what is done with goes
    first = np.full(grouped.count, np.iinfo(np.int32).max, np.int32)
    last = np.zeros(grouped.count, np.int32)
    np.minimum.at(first, grouped.series, period)
    np.maximum.at(last, grouped.series, period)
    offsets = np.concatenate([[0], np.cumsum(last.astype(np.int64) - first + 1)])
    cells = int(offsets[-1])
    if cells > MOST_CELLS:
        raise Invalid(
            f"At the frequency {grid.alias} the dataset would have {cells:,} cells from "
            f"{len(period):,} rows; {MOST_CELLS:,} are the most. Choose a coarser frequency.",
            field="/mapping/frequency",
        )
    observed = _observed(rows, grouped, period, first)
    place = (offsets[:-1] - first).astype(np.int32)[grouped.series]
    place += period
    del period
    identity = cells == len(place) and bool((place[1:] > place[:-1]).all())
    panel = Panel(grid, grouped.ids, offsets, first.astype(np.int64) + base, observed, rows.target)
    if identity:
        panel.covariates = rows.covariates
        panel.rows = _counting(rows.numbers)
    else:
        _scatter(panel, rows, place, cells, mapping, report)
    panel.static = _static(rows, grouped, report)
    return panel


def _observed(
    rows: Rows, grouped: Grouped, period: NDArray[np.int32], first: NDArray[np.int32]
) -> Integers:
    last = np.zeros(grouped.count, np.int32)
    has = ~np.isnan(rows.target)
    if has.all():
        np.maximum.at(last, grouped.series, period)
    else:
        np.maximum.at(last, grouped.series[has], period[has])
    return last.astype(np.int64) - first + 1


def _counting(numbers: NDArray[np.int32]) -> NDArray[np.int32] | range:
    """Return numbers as a range if they count up: that needs no memory."""
    count = range(int(numbers[0]), int(numbers[0]) + len(numbers))
    steps = (np.diff(numbers[i : i + _BLOCK + 1]) == 1 for i in range(0, len(numbers), _BLOCK))
    return count if all(step.all() for step in steps) else numbers


def _scatter(
    panel: Panel, rows: Rows, place: Places, cells: int, mapping: Mapping, report: Report
) -> None:
    used: Mask = np.broadcast_to(np.zeros(1, bool), len(place))
    filled: Mask = np.ones(cells, bool)
    panel.filled = doubles.last(used, place, filled)
    fix = "last"
    if len(place) + np.count_nonzero(filled) > cells:
        fix = doubles.note(panel, rows, place, mapping, report)
    panel.target = doubles.join(rows.target, place, cells, fix)
    rows.target = panel.target
    for name in list(rows.covariates):
        way = doubles.way_of(name, mapping, fix)
        panel.covariates[name] = doubles.join(rows.covariates.pop(name), place, cells, way)
    panel.rows = doubles.last(rows.numbers, place, np.zeros(cells, np.int32))


def _static(rows: Rows, grouped: Grouped, report: Report) -> dict[str, Coded]:
    found = {}
    for name, column in rows.static.items():
        codes = np.full(grouped.count, -1, np.int32)
        some = column.codes >= 0
        codes[grouped.series[some]] = column.codes[some]
        varies = np.flatnonzero(some & (column.codes != codes[grouped.series]))
        if len(varies):
            report.note(
                "static_varies",
                "warning",
                len(varies),
                say("static_varies", column=name, count=len(varies)),
                [f"{column.values[column.codes[i]]} in row {rows.numbers[i]}" for i in varies[:5]],
                column=name,
            )
        found[name] = Coded(codes, column.values)
    return found


def fill_gaps(panel: Panel, report: Report) -> None:
    """Fill dates without a row and rows without a value, each as its fix says."""
    seen = panel.seen()
    empty = np.isnan(panel.target) & seen
    absent = empty & panel.filled if panel.filled is not None else np.zeros(len(empty), bool)
    blank = empty & ~absent
    if absent.any():
        number = int(absent.sum())
        fix = report.note(
            "missing_dates",
            "info",
            number,
            say("missing_dates", count=number),
            [panel.label(int(i)) for i in np.flatnonzero(absent)[:5]],
        )
        _fill(panel, absent, fix or "missing")
    if blank.any():
        number = int(blank.sum())
        fix = report.note(
            "missing_values",
            "warning",
            number,
            say("missing_values", count=number),
            [panel.place(int(i)) for i in np.flatnonzero(blank)[:5]],
        )
        _fill(panel, blank, fix or "missing")


def _fill(panel: Panel, where: Mask, fix: str) -> None:
    if fix == "missing":
        return
    if not panel.target.flags.writeable:
        panel.target = panel.target.copy()
    if fix == "zero":
        panel.target[where] = 0.0
    elif fix == "interpolate":
        known = np.flatnonzero(~np.isnan(panel.target))
        gaps = np.flatnonzero(where)
        panel.target[gaps] = np.interp(gaps, known, panel.target[known])
    elif fix == "closed":
        panel.target[where & ~_closed(panel)] = 0.0


def _closed(panel: Panel) -> Mask:
    """Return the cells of days on which the whole shop (the first id) has no row at all."""
    shops = (
        next(iter(panel.ids.values())).codes
        if len(panel.ids) > 1
        else np.zeros(panel.count, np.int32)
    )
    shop = np.repeat(shops.astype(np.int64), panel.lengths)
    base = int(panel.first.min())
    start = np.repeat(panel.first - base - panel.offsets[:-1], panel.lengths)
    period = start + np.arange(len(panel.target))
    width = int(period.max()) + 1
    key = shop * width + period
    opened = np.zeros((int(shops.max()) + 1) * width, bool)
    assert panel.filled is not None  # only dates without a row get here
    opened[key[~panel.filled]] = True
    closed: Mask = ~opened[key]
    return closed
