"""Measures ingestion beside polars doing the same read, parse, sort and write.

Usage: python -m benchmarks.ingest [PART ...] [--rows 10_000_000] [--big 59_000_000] [--folder DIR]

Parts: csv, parquet, preview, series, upload; all of them if none is named. Each step runs in a
process of its own, so that its peak of memory is its own. The files are made anew, or kept in
`--folder` and used again. polars is measured where it is installed (`pip install polars`);
Shelfcast itself does not need it.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import ingest_files, ingest_upload
from benchmarks.figures import Figure, show, write

GB = 1 << 30
PARTS = ("csv", "parquet", "preview", "series", "upload")


def measure(step: str, folder: Path, file: str) -> dict[str, Any]:
    """Run a step in a process of its own; return its time, peak memory and what it printed."""
    command = [sys.executable, "-m", "benchmarks.ingest_steps", step, str(folder), file]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    *said, last = done.stdout.splitlines()
    return {**json.loads(last), "said": said}


def has_polars() -> bool:
    """Say whether the peer can be measured here."""
    return importlib.util.find_spec("polars") is not None


def of_csv(folder: Path, rows: int) -> list[Figure]:
    """Store a CSV file, and let polars do the same."""
    file = ingest_files.csv(folder, rows).name
    peer = measure("polars", folder, file) if has_polars() else None
    mine = measure("ours", folder, file)
    name = f"CSV, {rows:,} rows"
    note = "target: polars" if peer else "polars is not installed"
    target = peer["seconds"] if peer else None
    figures = [
        Figure(f"{name}: stored", mine["seconds"], "s", target, note=note),
        Figure(f"{name}: peak memory", mine["peak"] / GB, "GB", 1.5),
    ]
    if peer:
        figures.append(Figure(f"{name}: polars' peak memory", peer["peak"] / GB, "GB"))
    return figures


def of_parquet(folder: Path, rows: int) -> list[Figure]:
    """Store a Parquet file as large as M5, and let polars do the same."""
    file = ingest_files.parquet(folder, rows).name
    mine = measure("ours", folder, file)
    name = f"Parquet, {rows:,} rows"
    figures = [
        Figure(f"{name}: stored", mine["seconds"], "s", 60.0),
        Figure(f"{name}: peak memory", mine["peak"] / GB, "GB", 4.0),
    ]
    if has_polars():
        peer = measure("polars", folder, file)
        figures.append(Figure(f"{name}: polars", peer["seconds"], "s"))
        figures.append(Figure(f"{name}: polars' peak memory", peer["peak"] / GB, "GB"))
    return figures


def of_series(folder: Path, rows: int) -> list[Figure]:
    """Find series and read their values in a stored dataset of M5's size."""
    if not (folder / "index.parquet").exists():
        measure("ours", folder, ingest_files.parquet(folder, rows).name)
    figures = []
    limits = {"values": 20.0, "search": 50.0}
    for line in measure("look_up", folder, "-")["said"]:
        what, seconds, slowest, count = line.split()
        name = f"{what} over {int(count):,} series, p50"
        note = f"slowest of fifty {float(slowest) * 1000:.2g} ms"
        figures.append(Figure(name, float(seconds) * 1000, "ms", limits[what], note=note))
    return figures


def main() -> None:
    """Run the benchmark, or some parts of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the CSV file")
    parser.add_argument("--big", type=int, default=59_000_000, help="of the Parquet file")
    parser.add_argument("--folder", type=Path, help="where the files are kept")
    given = parser.parse_args()
    if wrong := set(given.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(wrong)}; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        measured = {
            "csv": lambda: of_csv(folder, given.rows),
            "parquet": lambda: of_parquet(folder, given.big),
            "preview": lambda: ingest_upload.measure_preview(
                ingest_files.large(folder, given.rows), folder
            ),
            "series": lambda: of_series(folder, given.big),
            "upload": lambda: ingest_upload.measure_upload(
                ingest_files.large(folder, given.rows), folder
            ),
        }
        figures = [figure for part in given.parts or PARTS for figure in measured[part]()]
    show(figures)
    print(f"Written to {write('ingest', figures)}.")


if __name__ == "__main__":
    main()
