"""Decides whether a day or a month stands first, from the column and the order of its rows."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_EPOCH = dt.datetime(1970, 1, 1)
_LOOKED_AT = 200_000  # rows whose order is compared


@dataclass
class Ambiguous:
    """A text such as 3/4/2018: its place among the distinct texts, and both readings."""

    place: int
    shape: str  # separator and padding: one program writes one shape
    day_first: dt.datetime | None
    month_first: dt.datetime | None

    @property
    def is_open(self) -> bool:
        """Say whether both readings are dates."""
        return self.day_first is not None and self.month_first is not None


def decide(
    codes: NDArray[np.int32],
    chosen: list[dt.datetime | None],
    texts: list[Ambiguous],
    order: str | None,
) -> str:
    """Fill `chosen` in place and return how: day_first, month_first or row_order."""
    must_day = any(t.month_first is None for t in texts)
    must_month = any(t.day_first is None for t in texts)
    if order is None:
        if must_day and must_month:
            order = "row_order"
        elif must_day or must_month:
            order = "day_first" if must_day else "month_first"
        else:
            order = _smoother(codes, chosen, texts)
    if order == "row_order":
        _by_neighbours(codes, chosen, texts)
        return order
    for text in texts:
        preferred, other = text.day_first, text.month_first
        if order == "month_first":
            preferred, other = other, preferred
        chosen[text.place] = preferred or other
    return order


def _smoother(
    codes: NDArray[np.int32], chosen: list[dt.datetime | None], texts: list[Ambiguous]
) -> str:
    """Return the reading in which the dates run more evenly from row to row."""
    jumps = {}
    for order in ("month_first", "day_first"):
        moments = list(chosen)
        for text in texts:
            moments[text.place] = getattr(text, order)
        days = np.array([np.nan if m is None else (m - _EPOCH).days for m in moments] + [np.nan])
        steps = np.abs(np.diff(days[codes[:_LOOKED_AT]]))
        jumps[order] = float(np.nansum(np.minimum(steps, 400)))
    return min(jumps, key=lambda order: jumps[order])


def _by_neighbours(
    codes: NDArray[np.int32], chosen: list[dt.datetime | None], texts: list[Ambiguous]
) -> None:
    """Read each open text so that it lies nearest to the certain dates around its first row."""
    for text in texts:
        if not text.is_open:
            chosen[text.place] = text.day_first or text.month_first
    days = np.array([np.nan if m is None else (m - _EPOCH).days for m in chosen] + [np.nan])
    by_row = days[codes]
    certain = np.flatnonzero(~np.isnan(by_row))
    places, first_rows = np.unique(codes, return_index=True)
    row_of = dict(zip(places.tolist(), first_rows.tolist(), strict=True))
    for text in texts:
        if not text.is_open or text.day_first is None or text.month_first is None:
            continue
        near = _around(certain, by_row, row_of.get(text.place, 0))
        by_day = sum(abs((text.day_first - _EPOCH).days - day) for day in near)
        by_month = sum(abs((text.month_first - _EPOCH).days - day) for day in near)
        chosen[text.place] = text.day_first if by_day < by_month else text.month_first


def _around(certain: NDArray[np.int64], by_row: NDArray[np.float64], row: int) -> list[float]:
    after = int(np.searchsorted(certain, row))
    near = certain[max(0, after - 1) : after + 1]
    return [float(by_row[i]) for i in near]
