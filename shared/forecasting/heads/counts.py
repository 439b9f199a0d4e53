"""Counts by inversion of their distribution function, one after the other: compiled, for a CPU.

A search stops at the count that it looks for. A GPU, which does all of them at once, has to lay out
every count up to the largest. Both distributions are of Panjer's class (1981): what follows the
chance of k - 1 is that chance times a + b/k.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

MANY = 256.0  # on average; from some hundreds on, the chance of none is too small a number
LAST = 1 << 16  # no search goes on for ever

Floats = NDArray[np.float32]


@njit(nogil=True)
def negative_binomial(mean: Floats, size: Floats, chance: Floats, found: Floats) -> int:
    """Find counts whose variance is mean + mean²/size.

    Args:
        mean: of each distribution.
        size: of each distribution.
        chance: the count is the smallest that is not exceeded with this probability.
        found: gets the counts. Where the mean is MANY or more, or no number, it is left as it is.

    Returns:
        How many were left.
    """
    left = 0
    for place in range(mean.size):
        middle, failures = np.float64(mean[place]), np.float64(size[place])
        if middle < MANY:
            a = middle / (middle + failures)
            none = (failures / (middle + failures)) ** failures
            found[place] = _search(none, a, (failures - 1) * a, chance[place])
        else:
            left += 1
    return left


@njit(nogil=True)
def poisson(mean: Floats, chance: Floats, found: Floats) -> int:
    """Find counts whose variance is their mean; see `negative_binomial`."""
    left = 0
    for place in range(mean.size):
        middle = np.float64(mean[place])
        if middle < MANY:
            found[place] = _search(math.exp(-middle), 0.0, middle, chance[place])
        else:
            left += 1
    return left


@njit(nogil=True)
def _search(mass: float, a: float, b: float, chance: float) -> int:
    """Go up from none until the sum reaches the chance (Devroye, 1986, chapter III.2)."""
    reached, count = mass, 0
    while reached < chance and count < LAST:
        count += 1
        mass *= a + b / count
        reached += mass
    return count
