"""Writes a dataset as CSV, piece by piece; text cannot become a formula."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import compute as pc
from pyarrow import csv
from pyarrow import parquet as pq

_BATCH = 1 << 17
_FORMULA = r"^[=+\-@\t\r]"
_BOM = b"\xef\xbb\xbf"  # so that Excel reads it as UTF-8


def csv_pieces(path: Path) -> Iterator[bytes]:
    """Yield a panel as CSV."""
    yield _BOM
    header = True
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH):
            sink = pa.BufferOutputStream()
            columns = [_safe(_day(column)) for column in batch.columns]
            names = [_escape(name) for name in batch.schema.names]
            table = pa.Table.from_arrays(columns, names=names)
            csv.write_csv(table, sink, csv.WriteOptions(include_header=header))
            header = False
            yield sink.getvalue().to_pybytes()


def _day(column: Any) -> Any:
    """Write dates without a time of day as days."""
    if pa.types.is_timestamp(column.type):
        if pc.all(pc.equal(column, pc.floor_temporal(column, unit="day"))).as_py():
            return column.cast(pa.date32())
        return pc.strftime(column, format="%Y-%m-%d %H:%M:%S").cast(pa.string())
    return column


def _safe(column: Any) -> Any:
    if not pa.types.is_string(column.type):
        return column
    risky = pc.match_substring_regex(column, _FORMULA)
    quoted = pc.binary_join_element_wise(pa.scalar("'"), column, pa.scalar(""))
    return pc.if_else(risky, quoted, column)


def _escape(name: str) -> str:
    return f"'{name}" if name[:1] in "=+-@\t\r" else name
