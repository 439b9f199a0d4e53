"""Series of a dataset: found in its index, read from its panel."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc
from pyarrow import parquet as pq

from services.registry.tables import DatasetRow
from services.registry.thinning import thin
from shared.contracts.base import Page
from shared.contracts.datasets import IdColumn, IdValue, Point, SeriesSummary, SeriesValues
from shared.kit import pages
from shared.kit.errors import Invalid, NotFound
from shared.kit.pages import MAX_PAGE

_KEPT = 8
_indexes: OrderedDict[Path, pa.Table] = OrderedDict()
_MOST_IDS = 10_000


def index_of(path: Path) -> pa.Table:
    """Return a dataset's index; the last few stay in memory."""
    found = _indexes.pop(path, None)
    if found is None:
        with pq.ParquetFile(path) as file:
            found = file.read(use_threads=False)
    _indexes[path] = found
    while len(_indexes) > _KEPT:
        _indexes.popitem(last=False)
    return found


def parse_where(row: DatasetRow, where: Sequence[str]) -> dict[str, str]:
    """Read `column:value` conditions.

    Raises:
        Invalid: one is not of that form, or there is no such id column.
    """
    keys: dict[str, str] = {}
    for i, condition in enumerate(where):
        # the longest column that fits: names may hold colons themselves
        columns = [name for name in row.ids if condition.startswith(f"{name}:")]
        if not columns:
            raise Invalid(
                f"{condition[:80]!r} is not column:value with one of: {', '.join(row.ids)}.",
                field=f"/where/{i}",
            )
        column = max(columns, key=len)
        keys[column] = condition[len(column) + 1 :]
    return keys


def matching(index: pa.Table, keys: dict[str, str], search: str | None) -> NDArray[np.int64]:
    """Return the places of the series that have these ids and hold the text in any name."""
    mask: Any = None
    for column, value in keys.items():
        names: Any = index.column(f"id:{column}")
        mask = _both(mask, pc.equal(names, pa.scalar(value)))
    for word in (search or "").split():
        found: Any = None
        for name in index.column_names:
            if name.startswith(("id:", "static:")):
                texts: Any = index.column(name)
                hit: Any = pc.fill_null(pc.match_substring(texts, word, ignore_case=True), False)
                found = hit if found is None else pc.or_(found, hit)
        mask = _both(mask, found)
    if mask is None:
        return np.arange(index.num_rows)
    return np.flatnonzero(mask.to_numpy())


def _both(one: Any, other: Any) -> Any:
    return other if one is None else pc.and_(one, other)


SORTS = ("mean", "total", "length", "zero_share", "missing_share", "trend", "season_strength")


def search(
    index: pa.Table,
    row: DatasetRow,
    keys: dict[str, str],
    text: str | None,
    demand: str | None,
    sort: str | None,
    size: int,
    token: str | None,
) -> Page[SeriesSummary]:
    """Return a page of the series that match, in the order of their names or of a figure.

    Raises:
        Invalid: the token or the order is not known.
    """
    places = matching(index, keys, text)
    if demand:
        classes = index.column("demand").to_numpy()
        places = places[classes[places] == demand]
    if sort:
        places = places[_order(index, sort)(places)]
    begin = pages.place(token)
    size = min(size, MAX_PAGE)
    shown = index.take(places[begin : begin + size]).to_pylist()
    more = begin + size < len(places)
    return Page(
        items=[_summary(series, row) for series in shown],
        next_page_token=pages.encode(begin + size) if more else None,
        total=len(places),
    )


def _order(index: pa.Table, sort: str) -> Any:
    name = sort.removeprefix("-")
    if name not in SORTS:
        raise Invalid(
            f"Series cannot be sorted by {name[:40]!r}. Use: {', '.join(SORTS)}.", field="/sort"
        )
    figures = index.column(name).to_numpy()
    sign = -1.0 if sort.startswith("-") else 1.0
    return lambda places: np.argsort(sign * figures[places], kind="stable")


def _summary(series: dict[str, Any], row: DatasetRow) -> SeriesSummary:
    figures = ("mean", "total", "trend", "season_strength")
    return SeriesSummary(
        keys={name: series[f"id:{name}"] for name in row.ids},
        start=series["start"],
        end=series["end"],
        length=series["length"],
        zero_share=series["zero_share"] or 0.0,
        missing_share=series["missing_share"] or 0.0,
        demand=series["demand"],
        **{name: series[name] for name in figures},
    )


def id_columns(index: pa.Table, row: DatasetRow) -> list[IdColumn]:
    """Return the id columns with their values, and how many series each value has."""
    found = []
    for name in row.ids:
        counted = index.column(f"id:{name}").value_counts()
        values, counts = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
        pairs = sorted(zip(values, counts, strict=True))
        shown = [IdValue(value=value, series_count=n) for value, n in pairs[:_MOST_IDS]]
        found.append(IdColumn(name=name, value_count=len(pairs), values=shown))
    return found


def values(
    index: pa.Table,
    path: Path,
    row: DatasetRow,
    keys: dict[str, str],
    total: bool,
    start: datetime | None,
    end: datetime | None,
    limit: int,
) -> SeriesValues:
    """Return the values of one series, or the sum of all that match.

    Raises:
        NotFound: no series has these ids.
        Invalid: several have them, and the sum was not asked for.
    """
    places = matching(index, keys, None)
    if not len(places):
        shown = ", ".join(f"{column} {value}" for column, value in keys.items())
        raise NotFound(f"No series has {shown or 'these ids'}.", field="/where")
    if len(places) > 1 and not total:
        raise Invalid(
            f"{len(places):,} series match: name one, or ask for their sum with total=true.",
            field="/where",
        )
    dates, numbers = (
        _summed(index, places, path, row) if len(places) > 1 else _one(index, places, path, row)
    )
    keep = np.ones(len(dates), bool)
    if start is not None:
        keep &= dates >= _in_utc(start)
    if end is not None:
        keep &= dates <= _in_utc(end)
    dates, numbers = dates[keep], numbers[keep]
    chosen = thin(numbers, limit)
    points = [
        Point(date=date, value=None if np.isnan(number) else number)
        for date, number in zip(dates[chosen].tolist(), numbers[chosen].tolist(), strict=True)
    ]
    one = {n: index.column(f"id:{n}")[int(places[0])].as_py() for n in row.ids}
    return SeriesValues(
        keys=keys if total else one,
        frequency=row.frequency,
        points=points,
        thinned=len(chosen) < len(numbers),
        series_count=len(places),
    )


def _in_utc(moment: datetime) -> np.datetime64:
    """Return a moment as the panel writes it: in UTC, which is meant where no offset is said."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(moment, "us")


def _one(
    index: pa.Table, places: NDArray[np.int64], path: Path, row: DatasetRow
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    series = index.slice(int(places[0]), 1).to_pylist()[0]
    table = cells(path, ["date", row.target], series["offset"], series["length"])
    return table.column("date").to_numpy(), table.column(row.target).to_numpy()


def cells(path: Path, columns: list[str], offset: int, length: int) -> pa.Table:
    """Read some rows of a panel, from the row groups that hold them."""
    with pq.ParquetFile(path) as file:
        metadata, first, groups, before = file.metadata, 0, [], 0
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group).num_rows
            if first + rows > offset and first < offset + length:
                groups.append(group)
                before = before if len(groups) > 1 else first
            first += rows
        table = file.read_row_groups(groups, columns=columns, use_threads=False)
    return table.slice(offset - before, length)


def _summed(
    index: pa.Table, places: NDArray[np.int64], path: Path, row: DatasetRow
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Sum series date by date; a date is missing where all of them are."""
    offsets = index.column("offset").to_numpy()[places]
    lengths = index.column("length").to_numpy()[places]
    change = np.zeros(row.row_count + 1, np.int8)
    np.add.at(change, offsets, 1)
    np.add.at(change, offsets + lengths, -1)
    chosen = np.cumsum(change[:-1], dtype=np.int8).astype(bool)
    begin = 0
    dates_seen: list[NDArray[np.int64]] = []
    totals: list[NDArray[Any]] = []
    counts: list[NDArray[Any]] = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(1 << 17, columns=["date", row.target], use_threads=False):
            mask = chosen[begin : begin + batch.num_rows]
            begin += batch.num_rows
            if not mask.any():
                continue
            moments = batch.column(0).to_numpy(zero_copy_only=False).astype(np.int64)[mask]
            target = batch.column(1).to_numpy(zero_copy_only=False)[mask]
            dates, place = np.unique(moments, return_inverse=True)
            has = ~np.isnan(target)
            dates_seen.append(dates)
            totals.append(np.bincount(place[has], target[has], len(dates)))
            counts.append(np.bincount(place[has], minlength=len(dates)))
    pa.default_memory_pool().release_unused()  # to the system: the service is small between sums
    dates, place = np.unique(np.concatenate(dates_seen), return_inverse=True)
    total = np.bincount(place, np.concatenate(totals), len(dates))
    number = np.bincount(place, np.concatenate(counts), len(dates))
    return dates.view("datetime64[us]"), np.where(number > 0, total, np.nan)
