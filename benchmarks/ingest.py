"""Measures ingestion beside polars doing the same read, parse, sort and write.

Usage: python -m benchmarks.ingest [--rows 10_000_000] [--big 59_000_000] [--folder DIR]

Each step runs in a process of its own, so that its peak of memory is its own. polars is measured
where it is installed (`pip install polars`); Shelfcast itself does not need it.
"""

import argparse
import importlib
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet as pq

from benchmarks.figures import Figure, show, write

if TYPE_CHECKING:
    from services.registry.tables import DatasetRow

DAYS = 1_941
MAPPING = {"date": "date", "target": "sales", "ids": ["store", "product"], "known": ["price"]}
GB = 1 << 30
LARGE = 2 * GB


def panel(rows: int, shuffle: bool) -> pa.Table:
    """Return daily sales of ten shops, as M5 has them."""
    random = np.random.default_rng(0)
    days = min(DAYS, max(30, rows // 1000))
    series = max(1, rows // days)
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


def make(folder: Path, rows: int, big: int) -> None:
    """Write the files that are read."""
    table = panel(rows, shuffle=True)
    plain = table.set_column(0, "store", table["store"].cast(pa.string()))
    plain = plain.set_column(1, "product", table["product"].cast(pa.string()))
    arrow_csv.write_csv(plain, folder / "sales.csv", arrow_csv.WriteOptions(quoting_style="none"))
    if big:
        pq.write_table(panel(big, shuffle=False), folder / "big.parquet")
    with (folder / "large.csv").open("wb") as out:
        content = (folder / "sales.csv").read_bytes()
        while out.tell() < LARGE:
            out.write(content)


def ours(folder: Path, file: str) -> None:
    """Turn a file into a stored dataset."""
    from services.registry.cleaning import clean
    from services.registry.reading import files
    from shared.contracts.datasets import Mapping
    from shared.kit.storage import BlobStore

    mapping = Mapping.model_validate(MAPPING)
    source = files.read(folder / file, mapping, BlobStore(folder / "store"), 8 * GB)
    cleaned = clean.clean(source, mapping, "bench")
    del source
    clean.store(*cleaned, mapping, folder / "panel.parquet", folder / "index.parquet")


def with_polars(folder: Path, file: str) -> None:
    """Read, parse, sort and write with polars."""
    polars = importlib.import_module("polars")

    path = folder / file
    read = polars.read_csv(path, try_parse_dates=True) if file.endswith("csv") else None
    table = polars.read_parquet(path) if read is None else read
    table.sort("store", "product", "date").write_parquet(folder / "polars.parquet")


def preview(folder: Path, file: str) -> None:
    """Look at the beginning of a large file."""
    from services.registry.guessing.preview import preview as look
    from services.registry.reading import files
    from shared.contracts.datasets import Reading
    from shared.kit.storage import BlobStore

    store = BlobStore(folder / "store")
    for _ in range(3):
        started = time.perf_counter()
        found = look(files.sample(folder / file, Reading(), store, 8 * GB), Reading())
        seconds = time.perf_counter() - started
        assert found.mapping is not None
        print(f"took {seconds}")


def look_up(folder: Path, file: str) -> None:
    """Find series among 30,490 and read the values of some."""
    from services.registry import series

    index = series.index_of(folder / "index.parquet")
    row = cast(
        "DatasetRow",
        SimpleNamespace(ids=["store", "product"], target="sales", frequency="D"),
    )
    random = np.random.default_rng(1)
    seconds: dict[str, list[float]] = {"values": [], "search": []}
    for place in random.integers(0, index.num_rows, 50):
        keys = {n: index.column(f"id:{n}")[int(place)].as_py() for n in row.ids}
        started = time.perf_counter()
        path = folder / "panel.parquet"
        series.values(index, path, row, keys, False, None, None, 2000)
        seconds["values"].append(time.perf_counter() - started)
        started = time.perf_counter()
        word = keys["product"][-4:]
        series.search(index, row, {}, f"ca_ {word}", None, None, 50, None)
        seconds["search"].append(time.perf_counter() - started)
    for name, taken in seconds.items():
        print(f"{name} {median(taken)} of {index.num_rows}")


STEPS = {"ours": ours, "polars": with_polars, "preview": preview, "look_up": look_up}


def measure(step: str, folder: Path, file: str) -> dict[str, Any]:
    """Run a step in a process of its own; return its time, peak memory and what it printed."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--step", step, file]
    done = subprocess.run(
        [*command, "--folder", str(folder)], check=True, stdout=subprocess.PIPE, text=True
    )
    *said, last = done.stdout.splitlines()
    return {**json.loads(last), "said": said}


def run_step(step: str, folder: Path, file: str) -> None:
    """Run a step here and print what it took."""
    started = time.perf_counter()
    STEPS[step](folder, file)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


def measure_all(folder: Path, rows: int, big: int) -> list[Figure]:
    """Measure everything."""
    has_polars = importlib.util.find_spec("polars") is not None
    peer = measure("polars", folder, "sales.csv") if has_polars else None
    mine = measure("ours", folder, "sales.csv")
    target = peer["seconds"] if peer else None
    note = "" if peer else "polars is not installed"
    name = f"CSV, {rows:,} rows"
    figures = [
        Figure(f"{name}: stored", mine["seconds"], "s", target, note=note or "target: polars"),
        Figure(f"{name}: peak memory", mine["peak"] / GB, "GB", 1.5),
    ]
    if peer:
        figures.append(Figure(f"{name}: polars' peak memory", peer["peak"] / GB, "GB"))
    taken = measure("preview", folder, "large.csv")["said"]
    figures.append(Figure("preview of 2 GB", max(float(t.split()[1]) for t in taken), "s", 1.0))
    if big:
        mine = measure("ours", folder, "big.parquet")
        figures.append(Figure(f"Parquet, {big:,} rows: stored", mine["seconds"], "s", 60.0))
        figures.append(Figure(f"Parquet, {big:,} rows: peak", mine["peak"] / GB, "GB", 4.0))
        if has_polars:
            peer = measure("polars", folder, "big.parquet")
            figures.append(Figure(f"Parquet, {big:,} rows: polars", peer["seconds"], "s"))
            figures.append(Figure(f"Parquet, {big:,} rows: polars' peak", peer["peak"] / GB, "GB"))
    for line, limit in zip(measure("look_up", folder, "-")["said"], (20.0, 50.0), strict=True):
        what, seconds, _, count = line.split()
        figures.append(Figure(f"{what} over {count} series", float(seconds) * 1000, "ms", limit))
    return figures


def main() -> None:
    """Run the benchmark, or one step of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--big", type=int, default=59_000_000, help="0 leaves it out")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--step", nargs=2, metavar=("STEP", "FILE"))
    given = parser.parse_args()
    if given.step:
        run_step(given.step[0], given.folder, given.step[1])
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as temporary:
        folder = Path(temporary)
        make(folder, given.rows, given.big)
        figures = measure_all(folder, given.rows, given.big)
    show(figures)
    print(write("ingest", figures))


if __name__ == "__main__":
    main()
