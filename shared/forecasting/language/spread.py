"""Makes many paths of few, so that quantiles lie between what was written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def spread(values: Array, paths: int) -> Array:
    """Return so many paths (series, paths, horizon) out of fewer (series, own, horizon).

    At each step the new values lie evenly over the old ones, in straight lines between
    neighbours; a new path keeps the rank of the old one that it follows, so that sums over the
    horizon see the same dependence. The first ones follow most closely: where each is followed
    by an odd number, the old paths come first as they are.
    """
    own = values.shape[1]
    if paths <= own:
        return values[:, :paths]
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, 1)
    rank = np.argsort(order, axis=1, kind="stable")
    follows, turn = np.arange(paths) % own, np.arange(paths) // own
    turns = np.bincount(follows, minlength=own)[follows]
    turn = (turn + turns // 2) % turns  # the middle of its part first
    level = (rank[:, follows] + ((turn + 0.5) / turns)[None, :, None]) / own
    place = np.clip(level * own - 0.5, 0, own - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, own - 1)
    share = place - low
    left, right = np.take_along_axis(ordered, low, 1), np.take_along_axis(ordered, high, 1)
    return left + share * (right - left)
