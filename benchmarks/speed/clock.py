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


def in_turns(*works: Callable[[], object], repeats: int) -> list[float]:
    """Return the median seconds of each of some works that take turns."""
    taken: list[list[float]] = [[] for _ in works]
    for turn in range(repeats + 1):
        for work, seconds in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            if turn:  # the first does not count
                seconds.append(time.perf_counter() - began)
    return [median(seconds) for seconds in taken]
