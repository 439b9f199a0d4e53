"""What a pretrained network is asked: the past of some series, and the covariates around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.future import horizon_values
from shared.forecasting.panel import Index, Panel, Values

Columns = Mapping[str, NDArray[Any]]  # numbers, NaN where missing; or texts, None where missing


@dataclass(frozen=True)
class Asked:
    """Some series up to the step before a forecast; before a series begins all is missing."""

    target: Values  # (series, time)
    past: Columns = field(default_factory=dict)  # (series, time) of every covariate
    future: Columns = field(default_factory=dict)  # (series, horizon) of those known in advance


def asked_of(
    panel: Panel, series: Index, starts: Index, length: int, horizon: int, *, covariates: bool
) -> Asked:
    """Return the last `length` steps before each start, and what is known of the horizon."""
    windows = list(zip(series.tolist(), starts.tolist(), strict=True))
    target = np.stack([panel.values(one, start - length, start) for one, start in windows])
    if not covariates or not (panel.known or panel.past):
        return Asked(target.astype(np.float32))
    past: dict[str, NDArray[Any]] = {}
    for names, table in ((panel.known, panel.known_values), (panel.past, panel.past_values)):
        for place, name in enumerate(names):
            found = [_before(panel, table[:, place], *window, length) for window in windows]
            past[name] = _said(panel, name, np.stack(found))
    ahead = np.stack([horizon_values(panel, one, start, horizon) for one, start in windows])
    future = {name: _said(panel, name, ahead[..., at]) for at, name in enumerate(panel.known)}
    return Asked(target.astype(np.float32), past, future)


def _before(panel: Panel, column: Values, series: int, start: int, length: int) -> Values:
    """Return a covariate's last values before a period, NaN where there are no rows."""
    out = np.full(length, np.nan, np.float32)
    low = max(start - length, panel.begin(series))
    high = min(start, panel.future_end(series) + 1)
    if low < high:
        row = int(panel.offsets[series]) - panel.begin(series)
        out[low - start + length : high - start + length] = column[row + low : row + high]
    return out


def _said(panel: Panel, name: str, values: Values) -> NDArray[Any]:
    """Return the texts that codes stand for; numbers stay numbers."""
    labels = panel.labels.get(name)
    if labels is None:
        return values
    said = np.array([*labels, None], object)
    known = np.isfinite(values) & (values < len(labels))
    return np.asarray(said[np.where(known, values, len(labels)).astype(np.int64)])
