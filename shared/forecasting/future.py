"""Known covariates of the horizon: what is there, what is missing, and how gaps are filled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.errors import Invalid, InvalidFuture, InvalidPanel, SeriesNotFound
from shared.forecasting.panel import Panel, Values

POLICIES = ("last", "zero", "mean")
DATE = "date"


@dataclass(frozen=True)
class Gap:
    """A value of a known covariate that the horizon lacks."""

    series_index: int
    keys: dict[str, str]
    date: np.datetime64
    column: str


def with_future(panel: Panel, rows: Sequence[Mapping[str, Any]], fill: Mapping[str, str]) -> Panel:
    """Return the panel with these values and policies on top of what it holds.

    Raises:
        InvalidFuture: a row cannot be used; it says which row and column.
        Invalid: a fill policy is unknown, or is for a column that is not known in advance.
    """
    for name, policy in fill.items():
        if name not in panel.known:
            raise Invalid(_unknown(panel, name), field=f"/fill/{name}")
        if policy not in POLICIES:
            raise Invalid(
                f"{policy!r} is no fill policy: use {', '.join(POLICIES)}.", field=f"/fill/{name}"
            )
    overlay = dict(panel.overlay)
    for number, row in enumerate(rows):
        series, period = _place(panel, row, number)
        for name, value in row.items():
            if name == DATE or name in panel.ids:
                continue
            overlay[series, period, name] = _number(panel, name, value, number)
    return panel.changed(overlay=overlay, fill={**panel.fill, **fill})


def _place(panel: Panel, row: Mapping[str, Any], number: int) -> tuple[int, int]:
    if DATE not in row:
        raise InvalidFuture(f"Future row {number} has no date.", row=number, column=DATE)
    for name in panel.ids:
        if name not in row:
            raise InvalidFuture(f"Future row {number} has no {name!r}.", row=number, column=name)
    try:
        series = panel.find({name: str(row[name]) for name in panel.ids})
    except SeriesNotFound as error:
        raise InvalidFuture(f"Future row {number}: {error}", row=number) from error
    try:
        return series, panel.to_period(row[DATE])
    except (ValueError, TypeError, InvalidPanel) as error:
        raise InvalidFuture(
            f"Future row {number}: {row[DATE]!r} is not a date of frequency {panel.frequency!r}.",
            row=number,
            column=DATE,
        ) from error


def _number(panel: Panel, name: str, value: Any, number: int) -> float:
    if name not in panel.known:
        raise InvalidFuture(
            f"Future row {number}: {_unknown(panel, name)}", row=number, column=name
        )
    labels = panel.labels.get(name)
    if labels is not None:
        # a label that training never saw has no place: it counts as missing inside the network
        return float(labels.index(str(value))) if str(value) in labels else float(len(labels))
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise InvalidFuture(
            f"Future row {number}: {name!r} must be a number, not {value!r}.",
            row=number,
            column=name,
        )
    return found


def _unknown(panel: Panel, name: str) -> str:
    names = ", ".join(panel.known) or "none"
    return f"{name!r} is not a covariate known in advance (those are: {names})."


def horizon_values(panel: Panel, series: int, start: int, horizon: int) -> Values:
    """Return the known covariates of a horizon, shaped (horizon, column), NaN where missing."""
    out = np.full((horizon, len(panel.known)), np.nan, np.float32)
    if not panel.known:
        return out
    low, high = max(start, panel.begin(series)), min(start + horizon, panel.future_end(series) + 1)
    row = int(panel.offsets[series]) - panel.begin(series)
    if low < high:
        out[low - start : high - start] = panel.known_values[row + low : row + high]
    if panel.overlay:
        _lay_over(out, panel, series, start)
    if panel.holidays:
        from shared.forecasting.holidays import ahead

        out[:, -1] = ahead(panel.clock, panel.holidays, start, horizon)
    for name, policy in panel.fill.items():
        column = out[:, panel.known.index(name)]
        if np.isnan(column).any():
            _fill(column, policy, _history(panel, series, start, name))
    return out


def _lay_over(values: Values, panel: Panel, series: int, start: int) -> None:
    for step in range(len(values)):
        for place, name in enumerate(panel.known):
            found = panel.overlay.get((series, start + step, name))
            if found is not None:
                values[step, place] = found


def _history(panel: Panel, series: int, start: int, name: str) -> NDArray[np.float32]:
    offset = int(panel.offsets[series])
    stop = offset + max(0, min(start, panel.future_end(series) + 1) - panel.begin(series))
    column = panel.known_values[offset:stop, panel.known.index(name)]
    return column[~np.isnan(column)]


def _fill(column: Values, policy: str, history: NDArray[np.float32]) -> None:
    if policy == "last":
        previous = history[-1] if len(history) else np.float32(0)
        for step in range(len(column)):
            if np.isnan(column[step]):
                column[step] = previous
            previous = column[step]
        return
    mean = float(history.mean()) if policy == "mean" and len(history) else 0.0
    column[np.isnan(column)] = mean


def gaps(panel: Panel, series: Sequence[int], horizon: int, starts: Sequence[int]) -> list[Gap]:
    """Return every value of a known covariate that these horizons lack."""
    found: list[Gap] = []
    if not panel.known:
        return found
    for place, start in zip(series, starts, strict=True):
        missing = np.isnan(horizon_values(panel, place, start, horizon))
        for step, column in np.argwhere(missing):
            date = panel.to_date(start + int(step))
            found.append(Gap(place, panel.keys[place], date, panel.known[int(column)]))
    return found
