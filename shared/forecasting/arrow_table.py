"""Writes a panel as the Arrow table that it could have been read from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shared.forecasting.panel import Panel, Values


def write(panel: Panel, date: str, target: str) -> pa.Table:
    """Return a row per series and period, in order; null where a value is missing."""
    offsets = panel.offsets
    series = np.repeat(np.arange(len(panel)), np.diff(offsets))
    periods = np.arange(int(offsets[-1])) - offsets[series] + panel.first[series]
    columns: dict[str, pa.Array] = {}  # type: ignore[type-arg]
    for place, name in enumerate(panel.ids):
        codes = panel.id_codes[series, place].astype(np.float32)
        columns[name] = _column(codes, panel.id_labels[place])
    columns[date] = pa.array(panel.clock.to_dates(periods).astype("datetime64[us]"))
    columns[target] = _column(panel.target)
    tables = (
        (panel.known, panel.known_values),
        (panel.past, panel.past_values),
        (panel.static, panel.static_values[series] if panel.static else panel.static_values),
    )
    for names, values in tables:
        for place, name in enumerate(names):
            columns[name] = _column(values[:, place], panel.labels.get(name))
    return pa.table(columns)


def _column(values: Values, labels: Sequence[str] | None = None) -> pa.Array:  # type: ignore[type-arg]
    missing: NDArray[np.bool_] = np.isnan(values)
    if labels is None:
        return pa.array(values, mask=missing)
    codes = pa.array(np.where(missing, 0, values).astype(np.int32), pa.int32(), mask=missing)
    return pa.DictionaryArray.from_arrays(codes, pa.array(list(labels), pa.string()))
