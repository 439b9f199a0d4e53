"""Chooses series by their ids and sums them to one; knows nothing about forecasting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.errors import EmptyScope, Invalid
from shared.forecasting.panel import Index, Panel, Values
from shared.forecasting.recipe import Scope


def select(panel: Panel, scope: Scope) -> Panel:
    """Return the series of the scope.

    Raises:
        EmptyScope: no series matches.
        Invalid: the scope names a column that is no id column, or names no series at all.
    """
    if scope.total and not scope.keys and scope.level != "global":
        return _level(panel, scope.level)
    chosen = _chosen(panel, scope)
    if scope.total:
        return _summed(panel, [chosen], tuple(name for name in panel.ids if name in scope.keys))
    return panel if len(chosen) == len(panel) else subset(panel, chosen)


def _level(panel: Panel, level: str) -> Panel:
    """Return a series for each id of a level, summed over all else: each product over its shops."""
    column = f"{level}_id"
    if column not in panel.ids:
        raise Invalid(
            f"The data has no id column {column!r} to sum to, only {', '.join(panel.ids)}.",
            field="/scope/level",
        )
    codes = panel.id_codes[:, panel.ids.index(column)]
    order = np.argsort(codes, kind="stable")
    _, begins = np.unique(codes[order], return_index=True)
    return _summed(panel, np.split(order, begins[1:]), (column,))


def _chosen(panel: Panel, scope: Scope) -> Index:
    if scope.level != "global" and not scope.keys:
        raise Invalid(
            f"A scope of level {scope.level!r} needs the id to choose, one of "
            f"{', '.join(panel.ids)}.",
            field="/scope",
        )
    matches = np.ones(len(panel), bool)
    for name, value in scope.keys.items():
        if name not in panel.ids:
            raise Invalid(
                f"The data has no id column {name!r}, only {', '.join(panel.ids)}.",
                field=f"/scope/{name}",
            )
        place = panel.ids.index(name)
        labels = panel.id_labels[place]
        code = labels.index(value) if value in labels else -1
        matches &= panel.id_codes[:, place] == code
    if not matches.any():
        named = ", ".join(f"{name} {value}" for name, value in scope.keys.items())
        raise EmptyScope(f"No series matches {named}.", field="/scope")
    return np.flatnonzero(matches)


def rows_of(panel: Panel, chosen: Index) -> Index:
    """Return the flat rows of these series, one series after the other."""
    lengths = np.diff(panel.offsets)[chosen]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return np.repeat(panel.offsets[chosen] - starts, lengths) + np.arange(int(lengths.sum()))


def subset(panel: Panel, chosen: Index) -> Panel:
    """Return these series, in this order."""
    lengths = np.diff(panel.offsets)[chosen]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = rows_of(panel, chosen)
    place = {int(old): new for new, old in enumerate(chosen)}
    return panel.changed(
        id_codes=panel.id_codes[chosen],
        offsets=offsets,
        stops=offsets[:-1] + (panel.stops - panel.offsets[:-1])[chosen],
        first=panel.first[chosen],
        target=panel.target[rows],
        known_values=panel.known_values[rows] if panel.known else panel.known_values,
        past_values=panel.past_values[rows] if panel.past else panel.past_values,
        static_values=panel.static_values[chosen] if panel.static else panel.static_values,
        overlay={
            (place[series], period, name): value
            for (series, period, name), value in panel.overlay.items()
            if series in place
        },
    )


def _summed(panel: Panel, groups: list[Index], kept: tuple[str, ...]) -> Panel:
    """Return one series for each group, named by the id columns that are kept."""
    if panel.overlay:
        raise Invalid("Select the total first, then add its future values.", field="/future")
    sums = [_sum(panel, chosen) for chosen in groups]
    leaders = np.array([chosen[0] for chosen in groups])
    places = [panel.ids.index(name) for name in kept]
    offsets = np.concatenate([[0], np.cumsum([len(one.target) for one in sums])]).astype(np.int64)
    static = panel.static_values[leaders]
    same = [
        at
        for at in range(len(panel.static))
        if all(
            (panel.static_values[chosen, at] == panel.static_values[chosen[0], at]).all()
            for chosen in groups
        )
    ]
    return panel.changed(
        ids=kept,
        id_labels=tuple(panel.id_labels[at] for at in places),
        id_codes=panel.id_codes[leaders][:, places],
        offsets=offsets,
        stops=offsets[:-1] + np.array([one.stop for one in sums], np.int64),
        first=np.array([one.first for one in sums], np.int64),
        target=np.concatenate([one.target for one in sums]),
        known_values=np.concatenate([one.known for one in sums]),
        past_values=np.concatenate([one.past for one in sums]),
        static=tuple(panel.static[at] for at in same),
        static_values=static[:, same],
    )


@dataclass(frozen=True)
class _Sum:
    first: int  # period of its first row
    stop: int  # row after its last value
    target: Values
    known: Values
    past: Values


def _sum(panel: Panel, chosen: Index) -> _Sum:
    rows = rows_of(panel, chosen)
    lengths = np.diff(panel.offsets)[chosen]
    series = np.repeat(np.arange(len(chosen)), lengths)
    inside = rows - panel.offsets[chosen][series]
    periods = panel.first[chosen][series] + inside
    first, length = int(periods.min()), int(periods.max() - periods.min() + 1)
    place = periods - first
    alive = rows < panel.stops[chosen][series]
    target = _total(panel.target[rows], place, series, alive, length)
    seen = np.flatnonzero(~np.isnan(target))
    return _Sum(
        first,
        int(seen[-1]) + 1 if len(seen) else 0,
        target,
        _combined(panel, panel.known, panel.known_values, rows, place, length),
        _combined(panel, panel.past, panel.past_values, rows, place, length),
    )


def _total(
    values: Values, place: Index, series: Index, alive: NDArray[np.bool_], length: int
) -> Values:
    """Add up the series; a missing value counts as its series' usual share of the total.

    Less than half of the usual total observed makes the sum missing.
    """
    observed = ~np.isnan(values) & alive
    count = np.bincount(series[observed], minlength=int(series.max()) + 1)
    size = np.abs(values[observed]).astype(np.float64)
    usual = np.bincount(series[observed], size, minlength=len(count)) / np.maximum(count, 1)
    usual += 1e-12
    total = np.bincount(place[observed], values[observed].astype(np.float64), minlength=length)
    seen = np.bincount(place[observed], usual[series[observed]], minlength=length)
    due = np.bincount(place[alive], usual[series[alive]], minlength=length)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(seen == due, total, total * due / seen)
    return np.where((seen > 0) & (seen >= 0.5 * due), scaled, np.nan).astype(np.float32)


def _combined(
    panel: Panel, names: tuple[str, ...], values: Values, rows: Index, place: Index, length: int
) -> Values:
    """Average a numeric covariate over the series; of a text one, take the first value found."""
    out = np.full((length, len(names)), np.nan, np.float32)
    for at, name in enumerate(names):
        column = values[rows, at]
        found = ~np.isnan(column)
        if name in panel.labels:
            out[place[found][::-1], at] = column[found][::-1]
            continue
        count = np.bincount(place[found], minlength=length)
        total = np.bincount(place[found], column[found].astype(np.float64), minlength=length)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[:, at] = np.where(count > 0, total / count, np.nan)
    return out
