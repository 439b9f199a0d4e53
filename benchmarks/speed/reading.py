"""An M5-sized Parquet file becomes a panel, beside polars reading and sorting the same file."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import Figure
from benchmarks.speed import peers

SERIES, DAYS, STORES = 30_490, 1_941, 10
TOGETHER = 500  # series written at once
OURS = """
import json, resource, sys, time
from shared.forecasting import Panel
began = time.perf_counter()
panel = Panel.from_parquet(sys.argv[1], ids=["store_id", "product_id"], date="date",
                           target="sales", frequency="D")
print(json.dumps({"seconds": time.perf_counter() - began, "rows": int(panel.offsets[-1]),
    "series": len(panel), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def generate(file: Path) -> None:
    """Write counts of every product in every shop, sorted by shop, product and date."""
    random = np.random.default_rng(3)
    dates = np.datetime64("2011-01-29", "us") + np.arange(DAYS) * np.timedelta64(1, "D")
    stores = pa.array([f"S{one:02}" for one in range(STORES)])
    each = SERIES // STORES
    products = pa.array([f"P{one:05}" for one in range(each)])
    schema = pa.schema(
        {
            "store_id": pa.dictionary(pa.int32(), pa.string()),
            "product_id": pa.dictionary(pa.int32(), pa.string()),
            "date": pa.timestamp("us"),
            "sales": pa.float32(),
        }
    )
    with pq.ParquetWriter(file, schema) as writer:
        for first in range(0, SERIES, TOGETHER):
            places = np.arange(first, min(first + TOGETHER, SERIES), dtype=np.int32)
            rows = np.repeat(places, DAYS)
            rate = np.repeat(random.gamma(0.6, 2.0, len(places)), DAYS)
            columns = [
                pa.DictionaryArray.from_arrays(rows // each, stores),
                pa.DictionaryArray.from_arrays(rows % each, products),
                pa.array(np.tile(dates, len(places))),
                pa.array(random.poisson(rate).astype(np.float32)),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def beside_polars() -> list[Figure]:
    """Measure both, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "m5.parquet"
        generate(file)
        command = [sys.executable, "-c", OURS, str(file)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        mine = json.loads(done.stdout)
        theirs = peers.polars(file=str(file))
    if mine["rows"] != theirs["rows"]:
        raise SystemExit(f"{mine['rows']} rows are not {theirs['rows']}.")
    name = f"{mine['series']:,} series x {DAYS:,} days: Parquet to panel"
    note = f"target: polars reads and sorts it, {theirs['peak']:,.0f} MB"
    return [
        Figure(name, mine["seconds"], "s", theirs["seconds"], note=note),
        Figure("highest memory of the process", mine["peak"], "MB", 1024.0),
    ]
