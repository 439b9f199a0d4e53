"""Takes times so that two things can be compared on a machine that is never quite quiet."""

import time
from collections.abc import Callable
from statistics import median


def times(work: Callable[[], object], repeats: int) -> list[float]:
    """Return the seconds of each repeat, after one that does not count."""
    work()
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def side_by_side(
    first: Callable[[], object], second: Callable[[], object], repeats: int
) -> tuple[float, float]:
    """Return the median seconds of two works that take turns."""
    first()
    second()
    one, other = [], []
    for _ in range(repeats):
        began = time.perf_counter()
        first()
        between = time.perf_counter()
        second()
        one.append(between - began)
        other.append(time.perf_counter() - between)
    return median(one), median(other)
