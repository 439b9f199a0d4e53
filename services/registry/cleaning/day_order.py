"""Decides whether a day, a month or a year stands first, from the column and its order of rows.

Dates run evenly from row to row. Where a column is written in several ways, as spreadsheets leave
it that took some dates for others, each way may have an order of its own.
"""

import datetime as dt
import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.date_texts import (
    DAY_FIRST,
    EPOCH,
    MONTH_FIRST,
    YEAR_FIRST,
    Written,
)

Days = NDArray[np.float64]
Places = NDArray[np.int64]
ROW_ORDER, SWAPPED = "row_order", "swapped"
_ORDERS = (MONTH_FIRST, DAY_FIRST, YEAR_FIRST)
_LOOKED_AT = 200_000  # rows whose order is compared, without repeated dates
_FAR = 400.0
_MUCH = 0.5  # another reading must leave so small a part of the unevenness of the plain one
_LEAST = 30.0  # and must be so many days more even
_MOST_READINGS = 100


@dataclass
class Way:
    """Texts that were written in one way: their places, and their days by order."""

    places: Places
    days: dict[str, Days]

    def read(self, order: str) -> Days:
        """Return the days in an order; a text that cannot be meant so means what it can."""
        found = self.days.get(order, np.full(len(self.places), np.nan))
        for days in self.days.values():
            found = np.where(np.isnan(found), days, found)
        return found

    def misfit(self, order: str) -> NDArray[np.bool_]:
        """Return which texts cannot be meant in an order."""
        return np.isnan(self.days.get(order, np.full(len(self.places), np.nan)))

    def misfits(self, order: str) -> int:
        """Return how many texts cannot be meant in an order."""
        return int(self.misfit(order).sum())


@dataclass
class Decision:
    """How a column was read.

    Args:
        ways: for each way of writing the places of its texts, and the order they were read in.
        by_rows: the order of the rows decided, against what the texts alone say.
        against: the places of the texts for which it did.
        misfits: the places of texts that cannot be meant in the order of their way.
    """

    ways: list[tuple[Places, str]]
    by_rows: bool
    against: Places
    misfits: Places


@dataclass
class _Column:
    """Rows as codes, without repeats; the days that are certain; the ways of the others."""

    codes: NDArray[np.int32]
    certain: Days
    ways: list[Way]

    def __post_init__(self) -> None:
        if len(self.codes):
            self.codes = self.codes[np.diff(self.codes, prepend=self.codes[0] - 1) != 0]
        self.codes = self.codes[:_LOOKED_AT]

    def read(self, orders: tuple[str, ...]) -> Days:
        """Return the day of each text when each way is read in its order."""
        days = self.certain.copy()
        for way, order in zip(self.ways, orders, strict=True):
            days[way.places] = way.read(order)
        return days

    def unevenness(self, days: Days) -> float:
        """Return by how many days the steps from row to row differ from the usual step."""
        by_row = days[self.codes]
        steps = np.diff(by_row[~np.isnan(by_row)])
        steps = steps[steps != 0]
        if not len(steps):
            return 0.0
        away = np.minimum(np.abs(steps - np.median(steps)), _FAR).sum()
        return float(away + 0.001 * np.minimum(np.abs(steps), _FAR).sum())


def decide(
    codes: NDArray[np.int32], texts: list[Written | None], order: str | None
) -> tuple[list[dt.datetime | None], Decision | None]:
    """Return the moment of each text, and how that was decided where several were possible."""
    certain = [None if text is None else text.moment for text in texts]
    column = _Column(codes, np.append(_days(certain), np.nan), _ways(texts))
    if not column.ways:
        return certain, None
    told = order if any(order in way.days for way in column.ways) else None
    orders = _fewest_misfits(column, told)
    usual = days = column.read(orders)
    mixed = False
    if told is None and column.unevenness(days) >= (0 if order == ROW_ORDER else _LEAST):
        share = 1.0 if order == ROW_ORDER else _MUCH
        orders, days = _smoother(column, orders, days, share)
        beside = _by_neighbours(column)
        mixed = _is_smoother(column, beside, days, 1.0 if _contradicts(column) else share)
        days = beside if mixed else days
    found = [_moment(text, day) for text, day in zip(texts, days[:-1].tolist(), strict=True)]
    against = np.flatnonzero(~np.isnan(days) & (days != usual))
    ways = [(w.places, ROW_ORDER if mixed else o) for w, o in zip(column.ways, orders, strict=True)]
    misfits = [w.places[w.misfit(o)] for w, o in zip(column.ways, orders, strict=True)]
    by_rows = mixed or len(against) > 0
    return found, Decision(ways, by_rows, against, np.concatenate(misfits))


def _ways(texts: list[Written | None]) -> list[Way]:
    """Sort the texts by how they are written; year-first ones count where they may be swapped."""
    shapes: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        if text is not None and text.shape:
            shapes.setdefault(text.shape, []).append(place)
    year_first = shapes.pop(YEAR_FIRST, [])
    for shape in [shape for shape in shapes if shape.endswith("?")]:
        padded = shape.replace("?", "0")
        alike = padded if padded in shapes else shape.removesuffix("?")
        shapes[alike] = sorted(shapes.get(alike, []) + shapes.pop(shape))
    ways = [_way(texts, places) for places in shapes.values()]
    moments = [text.moment for p in year_first if (text := texts[p]) is not None and text.moment]
    if ways and moments and all(moment.day <= 12 for moment in moments):
        swapped = [m.replace(month=m.day, day=m.month) for m in moments]
        days = {YEAR_FIRST: _days(list(moments)), SWAPPED: _days(list(swapped))}
        ways.append(Way(np.array(year_first), days))
    return ways


def _way(texts: list[Written | None], places: list[int]) -> Way:
    days = {}
    for order in _ORDERS:
        moments = [text.readings.get(order) for p in places if (text := texts[p]) is not None]
        if any(moments):
            days[order] = _days(moments)
    return Way(np.array(places), days)


def _days(moments: list[dt.datetime | None]) -> Days:
    return np.array([np.nan if m is None else (m - EPOCH).days for m in moments], np.float64)


def _moment(text: Written | None, day: float) -> dt.datetime | None:
    """Return a day with the time of day of its text."""
    if text is None or math.isnan(day):
        return None
    clock = text.moment or next(iter(text.readings.values()))
    return EPOCH + dt.timedelta(days=day) + (clock - dt.datetime.combine(clock, dt.time()))


def _fewest_misfits(column: _Column, told: str | None) -> tuple[str, ...]:
    """Return the order that most texts can have, for all ways; another where one needs it."""
    ways = [way for way in column.ways if SWAPPED not in way.days]

    def cost(order: str) -> tuple[int, float]:
        misfits = sum(way.misfits(order) for way in ways)
        return misfits, column.unevenness(column.read(_for_all(column, order)))

    best = min(_ORDERS, key=cost)
    return tuple(
        YEAR_FIRST
        if SWAPPED in way.days
        else told
        if told is not None and told in way.days
        else min((best, *way.days), key=way.misfits)  # the first of equals
        for way in column.ways
    )


def _for_all(column: _Column, order: str) -> tuple[str, ...]:
    return tuple(YEAR_FIRST if SWAPPED in way.days else order for way in column.ways)


def _smoother(
    column: _Column, orders: tuple[str, ...], days: Days, share: float
) -> tuple[tuple[str, ...], Days]:
    """Return the orders in which the dates run most evenly, if they do so much better."""
    choices = [tuple(way.days) for way in column.ways]
    if math.prod(map(len, choices)) > _MOST_READINGS:
        return orders, days
    best = min(
        itertools.product(*choices), key=lambda o: (column.unevenness(column.read(o)), o != orders)
    )
    found = column.read(best)
    return (best, found) if _is_smoother(column, found, days, share) else (orders, days)


def _is_smoother(column: _Column, one: Days, other: Days, share: float) -> bool:
    before, after = column.unevenness(other), column.unevenness(one)
    return after < before * share and (share == 1.0 or before - after >= _LEAST)


def _contradicts(column: _Column) -> bool:
    """Say whether texts written in the same way need different orders."""
    return any(min(map(way.misfits, way.days)) > 0 for way in column.ways)


def _by_neighbours(column: _Column) -> Days:
    """Read each open text so that it lies nearest to the certain dates around its first row."""
    days = column.certain.copy()
    open_texts: list[tuple[int, list[float]]] = []
    for way in column.ways:
        if SWAPPED in way.days:
            continue
        readings = np.stack(list(way.days.values()))
        certain = (~np.isnan(readings)).sum(axis=0) == 1
        days[way.places[certain]] = np.nansum(readings[:, certain], axis=0)
        for place, row in zip(way.places[~certain], readings[:, ~certain].T, strict=True):
            open_texts.append((int(place), [day for day in row.tolist() if not math.isnan(day)]))
    by_row = days[column.codes]
    there = np.flatnonzero(~np.isnan(by_row))
    places, first_rows = np.unique(column.codes, return_index=True)
    row_of = dict(zip(places.tolist(), first_rows.tolist(), strict=True))
    for place, readings_of in open_texts:
        after = int(np.searchsorted(there, row_of.get(place, 0)))
        near = [float(by_row[i]) for i in there[max(0, after - 1) : after + 1]]
        days[place] = min(readings_of, key=lambda day: sum(abs(day - other) for other in near))
    return days
