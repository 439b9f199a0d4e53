"""How good a forecast of the past was, and how it compares with the steps before it."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Metrics = dict[str, float | None]


def errors(
    actual: Numbers, middle: Numbers, quantiles: Numbers, levels: tuple[float, ...], scale: float
) -> Metrics:
    """Compare with what really happened; empty where nothing of it is known.

    Args:
        actual: (horizon,), NaN where it is not known.
        middle: (horizon,) the median, or the mean where there is none.
        quantiles: (horizon, level).
        levels: ascending.
        scale: the error of the seasonal naive forecast before the start, NaN where unknown.
    """
    known = ~np.isnan(actual)
    if not known.any():
        return {}
    truth, error = actual[known], (middle - actual)[known]
    size = float(np.abs(truth).sum())
    found: Metrics = {
        "wape": _ratio(float(np.abs(error).sum()), size),
        "bias": _ratio(float(error.sum()), size),
        "mase": _ratio(float(np.abs(error).mean()), scale),
    }
    band = widest(levels)
    if band is not None:
        low, high = band
        inside = (truth >= quantiles[known, low]) & (truth <= quantiles[known, high])
        found["coverage"] = float(inside.mean())
        found["coverage_expected"] = round(levels[high] - levels[low], 6)
    return found


def widest(levels: tuple[float, ...]) -> tuple[int, int] | None:
    """Return the places of the outermost two levels on both sides of the median."""
    low, high = 0, len(levels) - 1
    return (low, high) if levels and levels[low] < 0.5 < levels[high] else None


def seasonal_scale(history: Numbers, season: int) -> float:
    """Return the mean error of repeating the value of one season ago; NaN where unknown."""
    if len(history) <= season:
        return float("nan")
    steps = np.abs(history[season:] - history[:-season])
    return float(np.nanmean(steps)) if (~np.isnan(steps)).any() else float("nan")


def change(total: float, before: Numbers) -> float | None:
    """Return by what share the total of the horizon differs from that of as many steps before."""
    if np.isnan(before).any() or len(before) == 0:
        return None
    return _ratio(total - float(before.sum()), float(np.abs(before).sum()))


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole > 0 and np.isfinite(part / whole) else None
