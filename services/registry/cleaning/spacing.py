"""Finds how far apart the rows of each series lie, block by block and mostly without sorting."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.rhythm import Steps

Integers = NDArray[np.int64]
Numbers = NDArray[np.int32]
DENSE = 100_000_000  # so many combinations are marked in a table
_BLOCK = 1 << 18  # rows looked at together: what is made of them stays in the processor's cache
_SURE = 8  # as many equal steps are no chance
_GAPPY = 1.1  # a step in ten may be missing
_LENIENT = 28 / 31  # months differ in length, and quarters and years less


def own_steps(
    moments: Integers, dates: Numbers, series: Numbers, count: int
) -> tuple[Integers, Steps]:
    """Return the usual step of each regular series (0 for the others), and all steps.

    Args:
        moments: all distinct dates, in order.
        dates: which of them each row has.
        series: which one each row belongs to.
        count: how many series there are.
    """
    low = np.full(count, np.iinfo(np.int64).max)
    high, number, span = (np.zeros(count, np.int64) for _ in range(3))
    counted = []
    for owner, date in _with_the_last(_in_order(series, dates, count, len(moments))):
        same = owner[1:] == owner[:-1]
        steps, owners = np.diff(moments[date])[same], owner[1:][same]
        if not len(steps):
            continue
        first = np.flatnonzero(np.diff(owners, prepend=-1))
        some = owners[first]
        low[some] = np.minimum(low[some], np.minimum.reduceat(steps, first))
        high[some] = np.maximum(high[some], np.maximum.reduceat(steps, first))
        number[some] += np.diff(first, append=len(owners))
        span[some] += np.add.reduceat(steps, first)
        counted.append(_counted(steps))
    few_gaps = span <= low * np.maximum(number, 1) * _GAPPY
    regular = (number >= _SURE) & ((low >= high * _LENIENT) | few_gaps)
    return np.where(regular, low, 0), _joined(counted)


def _counted(steps: Integers) -> Steps:
    """Return how often each step occurs; nearly all are like the first one."""
    others = steps[steps != steps[0]]
    sizes, counts = np.unique(others, return_counts=True)
    return Steps(np.append(sizes, steps[0]), np.append(counts, len(steps) - len(others)))


def _joined(counted: list[Steps]) -> Steps:
    none = np.empty(0, np.int64)
    sizes, place = np.unique(
        np.concatenate([none, *(steps.sizes for steps in counted)]), return_inverse=True
    )
    counts = np.zeros(len(sizes), np.int64)
    np.add.at(counts, place, np.concatenate([none, *(steps.counts for steps in counted)]))
    return Steps(sizes, counts)


def _with_the_last(
    blocks: Iterator[tuple[Numbers, Numbers]],
) -> Iterator[tuple[Numbers, Numbers]]:
    """Let each block begin with the last row of the one before."""
    series = dates = np.empty(0, np.int32)
    for block in blocks:
        series, dates = (np.append(b[-1:], a) for a, b in zip(block, (series, dates), strict=True))
        yield series, dates


def _in_order(
    series: Numbers, dates: Numbers, count: int, width: int
) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield series and date of all rows in order, none twice, in blocks."""
    starts = range(0, len(series), _BLOCK)
    if all(_follow(series[i : i + _BLOCK + 1], dates[i : i + _BLOCK + 1]) for i in starts):
        yield from ((series[i : i + _BLOCK], dates[i : i + _BLOCK]) for i in starts)
        return
    if count * width <= max(DENSE, 4 * len(series)):
        marked = np.zeros(count * width, bool)
        for i in starts:
            marked[_keys(series[i : i + _BLOCK], dates[i : i + _BLOCK], width)] = True
        tables = range(0, len(marked), _BLOCK)
        blocks = (np.flatnonzero(marked[i : i + _BLOCK]) + i for i in tables)
    else:
        unique = np.unique(_keys(series, dates, width))
        blocks = (unique[i : i + _BLOCK] for i in range(0, len(unique), _BLOCK))
    for keys in blocks:
        owners = keys // width
        yield owners.astype(np.int32), (keys - owners * width).astype(np.int32)


def _follow(series: Numbers, dates: Numbers) -> bool:
    """Say whether rows are in order, and none is there twice."""
    later = (series[1:] == series[:-1]) & (dates[1:] > dates[:-1])
    return bool((later | (series[1:] > series[:-1])).all())


def _keys(series: Numbers, dates: Numbers, width: int) -> Integers:
    """Return series and date as one number."""
    found = series.astype(np.int64)
    found *= width
    found += dates
    return found
