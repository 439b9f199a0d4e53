"""The files that the ingestion benchmark reads, made once per folder."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet as pq

DAYS = 1_941
LARGE = 2 << 30


def csv(folder: Path, rows: int) -> Path:
    """Return a CSV file of daily sales, in random order."""
    path = folder / f"sales_{rows}.csv"
    if not path.exists():
        table = _panel(rows, shuffle=True)
        for place, name in enumerate(("store", "product")):
            table = table.set_column(place, name, table[name].cast(pa.string()))
        arrow_csv.write_csv(table, path, arrow_csv.WriteOptions(quoting_style="none"))
    return path


def parquet(folder: Path, rows: int) -> Path:
    """Return a Parquet file of daily sales, series after series."""
    path = folder / f"sales_{rows}.parquet"
    if not path.exists():
        pq.write_table(_panel(rows, shuffle=False), path)
    return path


def large(folder: Path, rows: int) -> Path:
    """Return a CSV file of 2 GB: the rows of the one above, again and again."""
    path = folder / f"large_rows_{rows}.csv"
    if not path.exists():
        content = csv(folder, rows).read_bytes()
        header, _, content = content.partition(b"\n")
        with path.open("wb") as out:
            out.write(header + b"\n")
            while out.tell() < LARGE:
                out.write(content)
    return path


def _panel(rows: int, shuffle: bool) -> pa.Table:
    """Return daily sales of ten shops, as M5 has them."""
    random = np.random.default_rng(0)
    days = min(DAYS, max(30, rows // 1000))
    series = max(1, -(-rows // days))
    order = random.permutation(series * days) if shuffle else np.arange(series * days)
    number, day = order // days, order % days
    stores = pa.array([f"CA_{i}" for i in range(10)])
    products = pa.array([f"FOODS_3_{i:04}" for i in range(series // 10 + 1)])
    date = np.datetime64("2011-01-29") + day.astype("timedelta64[D]")
    return pa.table(
        {
            "store": pa.DictionaryArray.from_arrays(pa.array(number % 10, pa.int32()), stores),
            "product": pa.DictionaryArray.from_arrays(pa.array(number // 10, pa.int32()), products),
            "date": pa.array(date),
            "sales": pa.array(random.poisson(1.3, len(order)).astype(np.float64)),
            "price": pa.array(np.round(random.gamma(4.0, 2.0, len(order)), 2)),
        }
    )
