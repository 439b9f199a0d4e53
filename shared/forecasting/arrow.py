"""Reads a sorted Arrow table or Parquet file into a panel, a few rows at a time.

The only file that knows Arrow's column types. Beside the panel itself it holds one batch, so a
file may be much larger, as text and dates, than the memory that reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray

from shared.forecasting.errors import InvalidPanel
from shared.forecasting.frequency import Frequency
from shared.forecasting.labels import Labels, recoded
from shared.forecasting.memory import require
from shared.forecasting.panel import Index, Panel, Values

BATCH = 2**19  # rows


@dataclass(frozen=True)
class Columns:
    """Which column plays which role."""

    ids: tuple[str, ...]
    date: str
    target: str
    known: tuple[str, ...]
    past: tuple[str, ...]
    static: tuple[str, ...]

    @property
    def wanted(self) -> list[str]:
        """Return each column once."""
        every = (*self.ids, self.date, self.target, *self.known, *self.past, *self.static)
        return list(dict.fromkeys(every))

    def check(self, names: list[str], rows: int) -> None:
        """Refuse a table without rows or without one of the columns.

        Raises:
            InvalidPanel: something is missing.
        """
        missing = [name for name in self.wanted if name not in names]
        if missing:
            raise InvalidPanel(f"The table has no column {', '.join(map(repr, missing))}.")
        if rows == 0:
            raise InvalidPanel("The table has no rows.")


def read(table: pa.Table, columns: Columns, clock: Frequency) -> Panel:
    """Build the panel of a table.

    Raises:
        InvalidPanel: the table cannot become one.
    """
    columns.check(table.column_names, table.num_rows)
    batches = table.select(columns.wanted).to_batches(max_chunksize=BATCH)
    return _Reading(columns, clock, table.num_rows).panel(batches)


def read_file(path: Path, columns: Columns, clock: Frequency) -> Panel:
    """Build the panel of a Parquet file.

    Raises:
        InvalidPanel: the file cannot become one.
        OSError: it cannot be read.
    """
    with pq.ParquetFile(path) as file:
        rows = file.metadata.num_rows
        columns.check(file.schema_arrow.names, rows)
        values = rows * (1 + len(columns.known) + len(columns.past))
        advice = "Choose fewer series or covariates, or a coarser frequency."
        require(4.0 * values, torch.device("cpu"), "The data", advice, "/dataset_id")
        batches = file.iter_batches(BATCH, columns=columns.wanted)
        return _Reading(columns, clock, rows).panel(batches)


class _Reading:
    """A table on its way into a panel."""

    def __init__(self, columns: Columns, clock: Frequency, rows: int) -> None:
        self.columns, self.clock, self.rows = columns, clock, 0
        self.target = np.empty(rows, np.float32)
        self.known = np.empty((rows, len(columns.known)), np.float32)
        self.past = np.empty((rows, len(columns.past)), np.float32)
        self.static: list[Values] = []
        self.ids = [Labels() for _ in columns.ids]
        self.text: dict[str, Labels] = {}
        self.last: tuple[NDArray[np.int32], int] | None = None  # ids and period of the row before
        self.starts: list[Index] = []
        self.codes: list[NDArray[np.int32]] = []
        self.first: list[Index] = []
        self.gaps = 0
        self.shifts: list[tuple[int, int, Index | int]] = []  # rows, and how far they move

    def panel(self, batches: Iterable[pa.RecordBatch]) -> Panel:
        for batch in batches:
            if batch.num_rows:
                self._add(batch)
        starts, codes = np.concatenate(self.starts), np.concatenate(self.codes)
        if len(np.unique(codes, axis=0)) != len(codes):
            raise InvalidPanel(f"The table is not sorted by {', '.join(self.columns.ids)}.")
        offsets = np.append(starts + self._moved(starts), self.rows + self.gaps)
        target = self._spread(self.target)
        labels = {name: text.ordered() for name, text in self.text.items()}
        ids = [found.ordered() for found in self.ids]
        for at, (_, final) in enumerate(ids):
            codes[:, at] = final[codes[:, at]]
        columns = self.columns
        return Panel(
            clock=self.clock,
            ids=columns.ids,
            id_labels=tuple(found for found, _ in ids),
            id_codes=codes,
            offsets=offsets,
            stops=_stops(target, offsets),
            first=np.concatenate(self.first),
            target=target,
            known=columns.known,
            past=columns.past,
            static=columns.static,
            known_values=self._spread(recoded(self.known, columns.known, labels)),
            past_values=self._spread(recoded(self.past, columns.past, labels)),
            static_values=recoded(np.concatenate(self.static), columns.static, labels),
            labels={name: found for name, (found, _) in labels.items()},
        )

    def _add(self, batch: pa.RecordBatch) -> None:
        dates = _dates(batch, self.columns.date)
        if not self.rows:
            self.clock = self.clock.aligned(dates[0])
        periods = self.clock.to_periods(dates)
        codes = self._codes(batch)
        here = slice(self.rows, self.rows + batch.num_rows)
        self.target[here] = self._numbers(batch, self.columns.target)
        for table, names in ((self.known, self.columns.known), (self.past, self.columns.past)):
            for at, name in enumerate(names):
                table[here, at] = self._numbers(batch, name)
        begin = self._begin(codes, periods)
        self.starts.append(begin + self.rows)
        self.codes.append(codes[begin])
        self.first.append(periods[begin])
        firsts = batch.take(begin)
        static = [self._numbers(firsts, name) for name in self.columns.static]
        self.static.append(np.stack(static, 1) if static else np.zeros((len(begin), 0), np.float32))
        self.last = codes[-1].copy(), int(periods[-1])
        self.rows = here.stop

    def _begin(self, codes: NDArray[np.int32], periods: Index) -> Index:
        """Return where series begin in a batch, after checking and noting the steps inside."""
        change = np.zeros(len(periods), bool)
        for place in range(codes.shape[1]):
            change[1:] |= codes[1:, place] != codes[:-1, place]
        steps = np.ones(len(periods), np.int64)
        np.subtract(periods[1:], periods[:-1], out=steps[1:])
        if self.last is None or (self.last[0] != codes[0]).any():
            change[0] = True
        else:
            steps[0] = periods[0] - self.last[1]
        steps[change] = 1
        lowest = int(steps.min())
        if lowest == 0:
            raise InvalidPanel(
                "A series has two rows for one date: keep one of them, or add them up."
            )
        if lowest < 0:
            raise InvalidPanel(
                f"The table is not sorted by {self.columns.date!r} inside its series."
            )
        moved: Index | int = self.gaps
        if int(steps.max()) > 1:
            moved = self.gaps + np.cumsum(steps - 1)
            self.gaps = int(moved[-1])
        self.shifts.append((self.rows, self.rows + len(periods), moved))
        return np.flatnonzero(change)

    def _codes(self, batch: pa.RecordBatch) -> NDArray[np.int32]:
        codes = np.zeros((batch.num_rows, len(self.ids)), np.int32)
        for place, (name, labels) in enumerate(zip(self.columns.ids, self.ids, strict=True)):
            codes[:, place] = labels.encode(batch.column(name))
            if batch.column(name).null_count:
                wrong = int((codes[:, place] < 0).sum())
                raise InvalidPanel(f"{wrong} rows have no value in {name!r}.")
        return codes

    def _numbers(self, batch: pa.RecordBatch, name: str) -> Values:
        """Return a column as float32 with NaN for null; of text, the codes so far."""
        column = batch.column(name)
        kind = column.type
        if (
            pa.types.is_string(kind)
            or pa.types.is_large_string(kind)
            or pa.types.is_dictionary(kind)
        ):
            codes = self.text.setdefault(name, Labels()).encode(column)
            return np.where(codes < 0, np.nan, codes).astype(np.float32)
        try:
            cast = pc.cast(column, pa.float32(), safe=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise InvalidPanel(f"The column {name!r} holds no numbers: {error}") from error
        values = cast.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
        if np.isinf(values).any():
            row = self.rows + int(np.flatnonzero(np.isinf(values))[0])
            raise InvalidPanel(
                f"The column {name!r} is infinite in row {row}: correct it or leave it empty."
            )
        return values

    def _moved(self, rows: Index) -> Index:
        """Return how far these rows, ascending, move because of dates that were left out."""
        out = np.zeros(len(rows), np.int64)
        for start, stop, moved in self.shifts:
            low, high = np.searchsorted(rows, (start, stop))
            out[low:high] = moved if isinstance(moved, int) else moved[rows[low:high] - start]
        return out

    def _spread(self, values: Values) -> Values:
        """Put the values in their rows of the panel; NaN where a date was left out."""
        if not self.gaps:
            return values
        out = np.full((self.rows + self.gaps, *values.shape[1:]), np.nan, np.float32)
        for start, stop, moved in self.shifts:
            if isinstance(moved, int):
                out[start + moved : stop + moved] = values[start:stop]
            else:
                out[np.arange(start, stop) + moved] = values[start:stop]
        return out


def _dates(batch: pa.RecordBatch, name: str) -> NDArray[np.datetime64]:
    column = batch.column(name)
    if column.null_count:
        raise InvalidPanel(f"{column.null_count} rows have no date in {name!r}.")
    try:
        micro = pc.cast(column, pa.timestamp("us"), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidPanel(f"The column {name!r} holds no dates: {error}") from error
    return np.asarray(micro.to_numpy(zero_copy_only=False)).astype("datetime64[us]", copy=False)


def _stops(target: Values, offsets: Index) -> Index:
    """Return, per series, the row after its last value; its first row where it has none."""
    out = np.empty(len(offsets) - 1, np.int64)
    for low, high in _some_series(offsets):
        part = target[offsets[low] : offsets[high]]
        places = np.where(np.isnan(part), -1, np.arange(offsets[low], offsets[high]))
        out[low:high] = np.maximum.reduceat(places, offsets[low:high] - offsets[low])
    return np.maximum(out + 1, offsets[:-1])


def _some_series(offsets: Index) -> Iterator[tuple[int, int]]:
    """Yield runs of series that hold about one batch of rows together."""
    low = 0
    while low < len(offsets) - 1:
        high = int(np.searchsorted(offsets, offsets[low] + BATCH, "right")) - 1
        high = max(low + 1, high)
        yield low, high
        low = high
