"""Where values are missing, over series and time; and how the time is split."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from services.registry import series
from services.registry.cleaning.frequency import parse
from services.registry.tables import DatasetRow
from shared.contracts.datasets import MissingMap, MissingSeries, Split
from shared.kit import pages
from shared.kit.errors import Invalid

_EPOCH = np.datetime64(0, "us")


def missing_map(
    index: pa.Table,
    path: Path,
    row: DatasetRow,
    keys: dict[str, str],
    buckets: int,
    size: int,
    token: str | None,
) -> MissingMap:
    """Return the share of missing values of each series in each stretch of time."""
    places = series.matching(index, keys, None)
    begin = pages.place(token)
    shown = places[begin : begin + min(size, pages.MAX_PAGE)]
    low, high = _micros(row.start), _micros(row.end) + 1
    edges = np.linspace(low, high, buckets + 1)[:-1].astype(np.int64)
    return MissingMap(
        edges=edges.view("datetime64[us]").tolist(),
        series=[_one(index, int(place), path, row, edges) for place in shown],
        next_page_token=pages.encode(begin + len(shown))
        if begin + len(shown) < len(places)
        else None,
        total=len(places),
    )


def _one(
    index: pa.Table, place: int, path: Path, row: DatasetRow, edges: NDArray[np.int64]
) -> MissingSeries:
    found = index.slice(place, 1).to_pylist()[0]
    table = series.cells(path, ["date", row.target], found["offset"], found["length"])
    moments = table.column("date").to_numpy().astype("datetime64[us]").astype(np.int64)
    bucket = np.searchsorted(edges, moments, side="right") - 1
    missing = np.isnan(table.column(row.target).to_numpy())
    number = np.bincount(bucket, minlength=len(edges))
    without = np.bincount(bucket, missing, len(edges))
    shares = [float(w / n) if n else None for w, n in zip(without, number, strict=True)]
    return MissingSeries(keys={n: found[f"id:{n}"] for n in row.ids}, shares=shares)


def _micros(moment: datetime) -> int:
    return int((np.datetime64(moment.replace(tzinfo=None), "us") - _EPOCH).astype(np.int64))


def split(row: DatasetRow, validation: int, test: int) -> Split:
    """Split the time of a dataset: the last steps test, the ones before validate.

    Raises:
        Invalid: less than half would be left to train on.
    """
    edges = np.array([_micros(row.start), _micros(row.end)])
    grid = parse(row.frequency, edges)
    first, last = (int(p) for p in grid.periods(edges))
    steps = last - first + 1
    if (validation + test) * 2 > steps:
        raise Invalid(
            f"The dataset has {steps:,} steps; {validation + test:,} for validation and test "
            "leave less than half to train on.",
            field="/validation" if validation > test else "/test",
        )
    ends = np.array([first, last - test - validation, last - test, last])
    start, train_end, validation_end, test_end = grid.moments(ends).view("datetime64[us]").tolist()
    return Split(
        train_start=start,
        train_end=train_end,
        validation_end=validation_end,
        test_end=test_end,
        train_steps=steps - validation - test,
        validation_steps=validation,
        test_steps=test,
    )
