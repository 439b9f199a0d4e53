"""Joins the rows of several files: where two speak of one series and date, the newer counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning import clocks
from services.registry.cleaning import frequency as frequencies
from services.registry.cleaning.columns import Coded, Floats
from services.registry.cleaning.rows import Rows
from services.registry.sentences import say
from shared.contracts.datasets import Finding, Mapping
from shared.kit.errors import Invalid

Integers = NDArray[np.int64]
Places = NDArray[np.int32]
Mask = NDArray[np.bool_]
Column = Floats | Coded


def join(parts: list[Rows], mapping: Mapping, frequency: str | None) -> tuple[Rows, Finding | None]:
    """Join rows, oldest file first, and say how many of the newest were there before.

    An older row gives way to a newer one with a target; a covariate that only the older one has
    stays. `parts` is emptied on the way, so that large files do not lie in memory twice.

    Raises:
        Invalid: the files name their series differently.
    """
    if len(parts) == 1:
        return parts.pop(), None
    parts[:] = [clocks.settled(part, frequency) for part in parts]
    sizes = [len(part.numbers) for part in parts]
    whole = _concatenate(parts, mapping)
    parts.clear()
    return _newest(whole, sizes, frequency)


def _concatenate(parts: Sequence[Rows], mapping: Mapping) -> Rows:
    names = list(parts[0].ids)
    for part in parts:
        if set(part.ids) != set(names):
            shown = f"by {', '.join(names)}" if names else "by nothing: the dataset is one series"
            raise Invalid(f"Every file must name its series {shown}.", field="/mapping/ids")
    sizes = [len(part.numbers) for part in parts]
    moments = np.unique(np.concatenate([part.moments for part in parts]))
    ranks = [np.searchsorted(moments, part.moments).astype(np.int32) for part in parts]
    known = [n for n in (*mapping.known, *mapping.past) if any(n in p.covariates for p in parts)]
    static = [name for name in mapping.static if any(name in part.static for part in parts)]
    return Rows(
        np.zeros(sum(sizes), np.int32),  # a row of which file, a number would not say
        {name: _coded([part.ids[name] for part in parts], sizes) for name in names},
        np.concatenate([rank[part.dates] for rank, part in zip(ranks, parts, strict=True)]),
        moments,
        np.concatenate([part.target for part in parts]),
        {n: _one_column([p.covariates.get(n) for p in parts], sizes, n) for n in known},
        {n: _coded([p.static.get(n) for p in parts], sizes) for n in static},
    )


def _one_column(columns: Sequence[Column | None], sizes: Sequence[int], name: str) -> Column:
    """Join the pieces of a column; one that a file does not have is missing there."""
    texts = [column for column in columns if isinstance(column, Coded)]
    if not texts:
        pieces = zip(columns, sizes, strict=True)
        return np.concatenate([np.full(n, np.nan) if c is None else c for c, n in pieces])
    if any(isinstance(c, np.ndarray) and not np.isnan(c).all() for c in columns):
        raise Invalid(
            f"The column {name!r} holds numbers in one file and text in another.", field="/file"
        )
    return _coded([column if isinstance(column, Coded) else None for column in columns], sizes)


def _coded(columns: Sequence[Coded | None], sizes: Sequence[int]) -> Coded:
    places: dict[str, int] = {}
    codes = []
    for column, size in zip(columns, sizes, strict=True):
        if column is None:
            codes.append(np.full(size, -1, np.int32))
            continue
        lookup = [places.setdefault(value, len(places)) for value in column.values]
        codes.append(np.array([*lookup, -1], np.int32)[column.codes])
    return Coded(np.concatenate(codes), list(places))


def _newest(rows: Rows, sizes: Sequence[int], frequency: str | None) -> tuple[Rows, Finding | None]:
    part = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    key = _keys(rows, frequency)
    later = np.unique(key[sizes[0] :])
    place = np.minimum(np.searchsorted(later, key), max(0, len(later) - 1))
    if not len(later) or not (touched := later[place] == key).any():
        return rows, None
    where = np.flatnonzero(touched)
    cells = _Cells(part[where], place[where], len(later), len(sizes) - 1)
    target = rows.target[where]
    keep = np.ones(len(part), bool)
    keep[where] = cells.choose(target)
    for column in rows.covariates.values():
        cells.complete(column, where)
    return rows.take(keep), cells.overlap(target)


def _keys(rows: Rows, frequency: str | None) -> Integers:
    """Return one number for the series and the period of each row."""
    periods = np.arange(len(rows.moments))
    if frequency is not None:
        grid = frequencies.parse(frequency, rows.moments)
        periods = np.unique(grid.periods(rows.moments), return_inverse=True)[1]
    width = max(1, int(periods.max(initial=0)) + 1)
    sizes = [max(1, len(column.values)) for column in rows.ids.values()]
    if math.prod(sizes) * width >= np.iinfo(np.int64).max:
        raise Invalid("The files name too many series together.", field="/mapping/ids")
    key = np.zeros(len(rows.numbers), np.int64)
    for column, size in zip(rows.ids.values(), sizes, strict=True):
        key *= size
        key += column.codes
    key *= width
    key += periods[rows.dates]
    return key


@dataclass
class _Cells:
    """The rows that a later file has, or has again: their file, and the cell they stand for."""

    part: Places
    cell: Integers
    count: int
    newest: int

    def choose(self, target: Floats) -> Mask:
        """Return which rows to keep: those of the last file that has a target there."""
        valued = self._last(~np.isnan(target))
        last = np.where(valued >= 0, valued, self._last(np.ones(len(target), bool)))
        chosen: Mask = self.part == last[self.cell]
        return chosen

    def _last(self, which: Mask) -> Places:
        found = np.full(self.count, -1, np.int32)
        np.maximum.at(found, self.cell[which], self.part[which])
        return found

    def complete(self, column: Column, where: Integers) -> None:
        """Give each cell that several files have the last value that any of them says."""
        first = np.full(self.count, self.newest, np.int32)
        np.minimum.at(first, self.cell, self.part)
        shared = (first < self._last(np.ones(len(self.part), bool)))[self.cell]
        values = column.codes if isinstance(column, Coded) else column
        mine = values[where]
        has = shared & (mine >= 0 if isinstance(column, Coded) else ~np.isnan(mine))
        latest = np.full(self.count, -1, np.int64)
        latest[self.cell[has]] = np.flatnonzero(has)
        source = latest[self.cell]
        wanted = shared & (source >= 0)
        mine[wanted] = mine[source[wanted]]
        values[where] = mine

    def overlap(self, target: Floats) -> Finding | None:
        """Say how many cells of the newest file were there before, and how many differed."""
        has = ~np.isnan(target)
        new = has & (self.part == self.newest)
        before = self._last(has & ~new)
        old = has & (self.part == before[self.cell]) & ~new
        both = (np.bincount(self.cell[new], minlength=self.count) > 0) & (before >= 0)
        count = int(both.sum())
        if not count:
            return None
        now, then = (np.bincount(self.cell[w], target[w], self.count) for w in (new, old))
        differing = int((now != then)[both].sum())
        said = say("overlapping_rows", count=count, differing=differing)
        return said.finding("overlapping_rows", "warning" if differing else "info", count)
