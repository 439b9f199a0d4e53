"""Thins a line for a chart so that no peak is lost."""

import numpy as np
from numpy.typing import NDArray


def thin(values: NDArray[np.float64], limit: int) -> NDArray[np.int64]:
    """Return which points to keep: of every stretch the lowest, the highest, and a gap.

    At most `limit` points, in order; the first and the last are always among them.
    """
    count = len(values)
    if count <= limit:
        return np.arange(count)
    stretches = max(1, (limit - 2) // 3)
    edges = np.linspace(0, count, stretches + 1).astype(np.int64)[:-1]
    missing = np.isnan(values)
    low = _extreme(np.where(missing, np.inf, values), edges, np.minimum, count)
    high = _extreme(np.where(missing, -np.inf, values), edges, np.maximum, count)
    gap = _extreme(np.where(missing, 1.0, 0.0), edges, np.maximum, count)
    gap = gap[missing[gap]]  # a stretch without a gap has none to show
    return np.unique(np.concatenate([[0, count - 1], low, high, gap]))[:limit]


def _extreme(
    values: NDArray[np.float64], edges: NDArray[np.int64], of: np.ufunc, count: int
) -> NDArray[np.int64]:
    """Return, for each stretch, the first place of its lowest or highest value."""
    found = of.reduceat(values, edges)
    lengths = np.diff(np.append(edges, count))
    is_it = np.flatnonzero(values == np.repeat(found, lengths))
    stretch = np.searchsorted(edges, is_it, side="right") - 1
    first = np.unique(stretch, return_index=True)[1]
    return is_it[first]
