"""A regular panel: for each series all its periods from the first to the last, in order."""

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.columns import Coded, Floats, Mask
from services.registry.cleaning.frequency import Grid

Integers = NDArray[np.int64]


@dataclass
class Panel:
    """Cells of all series in one row: series k owns `offsets[k]:offsets[k + 1]`.

    `observed[k]` is how many of its cells go up to its last target; after them come rows that
    carry known covariates only. `filled` marks the cells for which the file had no row, `rows`
    are the numbers of the rows that a spreadsheet shows.
    """

    grid: Grid
    ids: dict[str, Coded]
    offsets: Integers
    first: Integers
    observed: Integers
    target: Floats
    filled: Mask | None = None
    covariates: dict[str, Floats | Coded] = field(default_factory=dict)
    static: dict[str, Coded] = field(default_factory=dict)
    rows: NDArray[np.int32] | range | None = None

    @property
    def count(self) -> int:
        """Return how many series there are."""
        return len(self.first)

    @property
    def lengths(self) -> Integers:
        """Return how many cells each series has."""
        return np.diff(self.offsets)

    def name(self, series: int) -> str:
        """Return the names of a series for a person."""
        return " · ".join(str(c.values[c.codes[series]]) for c in self.ids.values()) or "the series"

    def label(self, cell: int) -> str:
        """Return the series and the date of a cell for a person."""
        series = int(np.searchsorted(self.offsets, cell, side="right")) - 1
        period = self.first[series] + cell - self.offsets[series]
        moment = self.grid.moments(np.array([period])).view("datetime64[us]")[0]
        return f"{self.name(series)} on {str(moment).replace('T00:00:00.000000', '')}"

    def place(self, cell: int) -> str:
        """Return the row, the series and the date of a cell for a person."""
        row = 0 if self.rows is None else self.rows[cell]
        return f"row {row}: {self.label(cell)}" if row else self.label(cell)

    def series_of(self, start: int, stop: int) -> NDArray[np.int32]:
        """Return, for the cells of the series `start` to `stop`, which series each belongs to."""
        return np.repeat(np.arange(start, stop, dtype=np.int32), self.lengths[start:stop])

    def seen(self) -> Mask:
        """Return which cells lie between the first and the last target of their series."""
        future = self.lengths - self.observed
        if not future.any():
            return np.ones(len(self.target), bool)
        change = np.zeros(len(self.target) + 1, np.int8)
        change[self.offsets[:-1]] += 1
        np.add.at(change, self.offsets[:-1] + self.observed, -1)
        return np.cumsum(change[:-1], dtype=np.int8).astype(bool)

    def blocks(self, cells: int) -> list[tuple[int, int]]:
        """Return ranges of whole series with about so many cells each."""
        edges = [0]
        while edges[-1] < self.count:
            wanted = self.offsets[edges[-1]] + cells
            stop = int(np.searchsorted(self.offsets, wanted, side="right")) - 1
            edges.append(max(edges[-1] + 1, min(stop, self.count)))
        return list(itertools.pairwise(edges))

    def trim(self, skip: Integers, keep: Mask) -> "Panel":
        """Return a panel without the first `skip` cells of each series, and only the kept ones."""
        if not skip.any() and keep.all():
            return self
        lengths = np.where(keep, self.lengths - skip, 0)
        cells = np.ones(len(self.target), bool)
        change = np.zeros(len(self.target) + 1, np.int8)
        gone = np.where(keep, skip, self.lengths)
        np.add.at(change, self.offsets[:-1], (gone > 0).astype(np.int8))
        np.add.at(change, self.offsets[:-1] + gone, -(gone > 0).astype(np.int8))
        cells = np.cumsum(change[:-1], dtype=np.int8) == 0
        return Panel(
            self.grid,
            {name: column.take(keep) for name, column in self.ids.items()},
            np.concatenate([[0], np.cumsum(lengths[keep])]).astype(np.int64),
            (self.first + skip)[keep],
            (self.observed - skip)[keep],
            self.target[cells],
            None if self.filled is None else self.filled[cells],
            {
                name: column.take(cells) if isinstance(column, Coded) else column[cells]
                for name, column in self.covariates.items()
            },
            {name: column.take(keep) for name, column in self.static.items()},
            self._rows_of(cells),
        )

    def _rows_of(self, cells: Mask) -> NDArray[np.int32] | None:
        rows = self.rows
        if isinstance(rows, range):
            rows = np.arange(rows.start, rows.stop, dtype=np.int32)
        return None if rows is None else rows[cells]
