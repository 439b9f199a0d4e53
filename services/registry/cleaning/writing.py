"""Writes a panel as Parquet, and beside it an index of its series with their figures."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq

from services.registry.cleaning.columns import Coded
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.statistics import CLASSES, Statistics
from services.registry.reading.source import CODED, Column
from shared.contracts.datasets import Mapping

DATE = "date"
ROW_GROUP = 1 << 17
_BLOCK = 4_000_000
_FIGURES = ("mean", "total", "zero_share", "missing_share", "trend", "season_strength")


def write_panel(panel: Panel, mapping: Mapping, path: Path) -> None:
    """Write all cells, ordered by ids, then date."""
    schema = _schema(panel, mapping)
    coded: Any = [name for name in schema.names if name != DATE]
    # Text goes out as dictionaries but is read back as text: the schema is not kept
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        store_schema=False,
        use_dictionary=coded,
        column_encoding={DATE: "DELTA_BINARY_PACKED"},
        write_page_index=True,
    ) as writer:
        for start, stop in panel.blocks(_BLOCK):
            writer.write_table(_table(panel, mapping, schema, start, stop), ROW_GROUP)


def as_table(panel: Panel, mapping: Mapping) -> pa.Table:
    """Return all cells as one table."""
    return _table(panel, mapping, _schema(panel, mapping), 0, panel.count)


def _schema(panel: Panel, mapping: Mapping) -> pa.Schema:
    text: pa.DataType = CODED
    number: pa.DataType = pa.float64()
    fields: list[Any] = [pa.field(name, text) for name in panel.ids]
    fields += [pa.field(DATE, pa.timestamp("us")), pa.field(mapping.target, pa.float64())]
    for name, column in panel.covariates.items():
        fields.append(pa.field(name, text if isinstance(column, Coded) else number))
    fields += [pa.field(name, text) for name in panel.static]
    return pa.schema(fields)


def _table(panel: Panel, mapping: Mapping, schema: pa.Schema, start: int, stop: int) -> pa.Table:
    low, high = int(panel.offsets[start]), int(panel.offsets[stop])
    owner = panel.series_of(start, stop)
    columns: list[Any] = [_texts(c, c.codes[owner]) for c in panel.ids.values()]
    shift = panel.first[start:stop] - panel.offsets[start:stop]
    periods = np.arange(low, high) + np.repeat(shift, panel.lengths[start:stop])
    columns.append(pa.array(panel.grid.moments(periods).view("datetime64[us]")))
    columns.append(pa.array(panel.target[low:high], from_pandas=True))
    for column in panel.covariates.values():
        if isinstance(column, Coded):
            columns.append(_texts(column, column.codes[low:high]))
        else:
            columns.append(pa.array(column[low:high], from_pandas=True))
    columns += [_texts(c, c.codes[owner]) for c in panel.static.values()]
    return pa.Table.from_arrays(columns, schema=schema)


def _texts(column: Coded, codes: Any) -> Column:
    missing = codes < 0
    indices: Any = pa.array(codes, pa.int32(), mask=missing if missing.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(column.values, pa.string()))


def write_index(panel: Panel, statistics: Statistics, path: Path) -> None:
    """Write one row per series: its names, where its cells lie, and its figures."""
    columns: dict[str, Any] = {f"id:{name}": _texts(c, c.codes) for name, c in panel.ids.items()}
    columns |= {f"static:{name}": _texts(c, c.codes) for name, c in panel.static.items()}
    columns["offset"] = pa.array(panel.offsets[:-1])
    columns["cells"] = pa.array(panel.lengths)
    columns["length"] = pa.array(panel.observed)
    columns["start"] = pa.array(panel.grid.moments(panel.first).view("datetime64[us]"))
    last = panel.grid.moments(panel.first + panel.observed - 1)
    columns["end"] = pa.array(last.view("datetime64[us]"))
    for name in _FIGURES:
        columns[name] = pa.array(_finite(getattr(statistics, name)), from_pandas=True)
    classes: Any = pa.array(statistics.demand)
    columns["demand"] = pa.DictionaryArray.from_arrays(classes, pa.array(CLASSES, pa.string()))
    pq.write_table(pa.table(columns), path, compression="zstd", store_schema=False)


def _finite(values: Any) -> Any:
    return np.where(np.isfinite(values), values, np.nan)
