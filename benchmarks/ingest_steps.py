"""One step of the ingestion benchmark: `python -m benchmarks.ingest_steps STEP FOLDER FILE`."""

import importlib
import json
import resource
import sys
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from services.registry.tables import DatasetRow

MAPPING = {"date": "date", "target": "sales", "ids": ["store", "product"], "known": ["price"]}
LIMIT = 8 << 30
LOOKS = 50


def ours(folder: Path, file: str) -> None:
    """Turn a file into a stored dataset."""
    from services.registry.cleaning import clean
    from services.registry.reading import files
    from shared.contracts.datasets import Mapping
    from shared.kit.storage import BlobStore

    mapping = Mapping.model_validate(MAPPING)
    source = files.read(folder / file, mapping, BlobStore(folder / "store"), LIMIT)
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


def look_up(folder: Path, _: str) -> None:
    """Find series among all and read the values of some."""
    from services.registry import series

    index = series.index_of(folder / "index.parquet")
    row = cast(
        "DatasetRow",
        SimpleNamespace(ids=["store", "product"], target="sales", frequency="D"),
    )
    random = np.random.default_rng(1)
    seconds: dict[str, list[float]] = {"values": [], "search": []}
    for place in random.integers(0, index.num_rows, LOOKS):
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
        print(f"{name} {median(taken)} {max(taken)} {index.num_rows}")


STEPS = {"ours": ours, "polars": with_polars, "look_up": look_up}


def main() -> None:
    """Run a step and print, last, what it took."""
    step, folder, file = sys.argv[1:]
    started = time.perf_counter()
    STEPS[step](Path(folder), file)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main()
