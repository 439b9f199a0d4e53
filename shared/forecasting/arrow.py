"""Reads a sorted Arrow table into a panel; the only file that knows Arrow's column types."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shared.forecasting.errors import InvalidPanel
from shared.forecasting.frequency import Frequency
from shared.forecasting.panel import Index, Panel, Values


@dataclass(frozen=True)
class Columns:
    """Which column plays which role."""

    ids: tuple[str, ...]
    date: str
    target: str
    known: tuple[str, ...]
    past: tuple[str, ...]
    static: tuple[str, ...]

    def check(self, table: pa.Table) -> None:
        """Refuse a table without rows or without one of the columns.

        Raises:
            InvalidPanel: something is missing.
        """
        wanted = (*self.ids, self.date, self.target, *self.known, *self.past, *self.static)
        missing = [name for name in wanted if name not in table.column_names]
        if missing:
            raise InvalidPanel(f"The table has no column {', '.join(map(repr, missing))}.")
        if table.num_rows == 0:
            raise InvalidPanel("The table has no rows.")


@dataclass(frozen=True)
class _Layout:
    """Where the rows of the table go in the panel."""

    starts: Index  # (series,) first table row
    first: Index  # (series,) period
    offsets: Index  # (series + 1,)
    rows: Index | None  # panel row of each table row; None where no date is left out

    def spread(self, values: Values) -> Values:
        if self.rows is None:
            return values
        out = np.full((int(self.offsets[-1]), *values.shape[1:]), np.nan, np.float32)
        out[self.rows] = values
        return out


def read(table: pa.Table, columns: Columns, clock: Frequency) -> Panel:
    """Build the panel.

    Raises:
        InvalidPanel: the table cannot become one.
    """
    columns.check(table)
    dates = _dates(table, columns.date)
    clock = clock.aligned(dates[0])
    names, codes = _ids(table, columns.ids)
    layout = _layout(codes, clock.to_periods(dates), columns)
    target, _ = _numbers(table, columns.target)
    labels: dict[str, tuple[str, ...]] = {}
    target = layout.spread(target)
    return Panel(
        clock=clock,
        ids=columns.ids,
        id_labels=names,
        id_codes=codes[layout.starts],
        offsets=layout.offsets,
        stops=_stops(target, layout.offsets),
        first=layout.first,
        target=target,
        known=columns.known,
        past=columns.past,
        static=columns.static,
        known_values=layout.spread(_matrix(table, columns.known, labels)),
        past_values=layout.spread(_matrix(table, columns.past, labels)),
        static_values=_matrix(table.take(layout.starts), columns.static, labels),
        labels=labels,
    )


def _dates(table: pa.Table, name: str) -> NDArray[np.datetime64]:
    column = table.column(name)
    if column.null_count:
        raise InvalidPanel(f"{column.null_count} rows have no date in {name!r}.")
    try:
        micro = pc.cast(column, pa.timestamp("us"), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidPanel(f"The column {name!r} holds no dates: {error}") from error
    return np.asarray(micro.combine_chunks().to_numpy(zero_copy_only=False)).astype(
        "datetime64[us]"
    )


def _ids(
    table: pa.Table, names: tuple[str, ...]
) -> tuple[tuple[tuple[str, ...], ...], NDArray[np.int32]]:
    codes = np.zeros((table.num_rows, len(names)), np.int32)
    labels: list[tuple[str, ...]] = []
    for place, name in enumerate(names):
        encoded, found = _encode(table, name)
        if (encoded < 0).any():
            raise InvalidPanel(f"{int((encoded < 0).sum())} rows have no value in {name!r}.")
        codes[:, place] = encoded
        labels.append(found)
    return tuple(labels), codes


def _encode(table: pa.Table, name: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the place of each value in the sorted labels, -1 where it is null."""
    column = table.column(name)
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column.cast(pa.string()))
    array: pa.DictionaryArray = column.unify_dictionaries().combine_chunks()  # type: ignore[type-arg, assignment]
    found: NDArray[np.object_] = np.array(
        array.dictionary.cast(pa.string()).to_pylist(), dtype=np.object_
    )
    order = np.argsort(found) if len(found) else np.zeros(0, np.int64)
    place = np.empty(len(found) + 1, np.int32)
    place[order] = np.arange(len(found))
    place[-1] = -1
    indices = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return place[indices], tuple(str(label) for label in found[order])


def _numbers(table: pa.Table, name: str) -> tuple[Values, tuple[str, ...] | None]:
    """Return a column as float32 with NaN for null, and its labels if it holds text."""
    kind = table.schema.field(name).type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        codes, labels = _encode(table, name)
        return np.where(codes < 0, np.nan, codes).astype(np.float32), labels
    try:
        column = pc.cast(table.column(name), pa.float32(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidPanel(f"The column {name!r} holds no numbers: {error}") from error
    chunks = [chunk.to_numpy(zero_copy_only=False) for chunk in column.chunks]
    values = np.concatenate(chunks).astype(np.float32, copy=False)
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        raise InvalidPanel(
            f"The column {name!r} is infinite in row {row} "
            f"({int(np.isinf(values).sum())} such values): correct it or leave it empty."
        )
    return values, None


def _matrix(table: pa.Table, names: tuple[str, ...], labels: dict[str, tuple[str, ...]]) -> Values:
    matrix = np.empty((table.num_rows, len(names)), np.float32)
    for place, name in enumerate(names):
        matrix[:, place], found = _numbers(table, name)
        if found is not None:
            labels[name] = found
    return matrix


def _layout(codes: NDArray[np.int32], periods: Index, columns: Columns) -> _Layout:
    change = np.zeros(len(periods), bool)
    change[0] = True
    for place in range(codes.shape[1]):
        change[1:] |= codes[1:, place] != codes[:-1, place]
    starts = np.flatnonzero(change)
    if len(np.unique(codes[starts], axis=0)) != len(starts):
        raise InvalidPanel(f"The table is not sorted by {', '.join(columns.ids)}.")
    steps = np.diff(periods)
    inside = ~change[1:]
    if (steps[inside] == 0).any():
        raise InvalidPanel("A series has two rows for one date: keep one of them, or add them up.")
    if (steps[inside] < 0).any():
        raise InvalidPanel(f"The table is not sorted by {columns.date!r} inside its series.")
    ends = np.append(starts[1:], len(periods)) - 1
    lengths = periods[ends] - periods[starts] + 1
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = None
    if offsets[-1] != len(periods):
        series = np.cumsum(change) - 1
        rows = periods - periods[starts][series] + offsets[series]
    return _Layout(starts, periods[starts], offsets, rows)


def _stops(target: Values, offsets: Index) -> Index:
    places = np.where(np.isnan(target), -1, np.arange(len(target)))
    last = np.maximum.reduceat(places, offsets[:-1])
    return np.maximum(last + 1, offsets[:-1])
