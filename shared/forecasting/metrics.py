"""How good forecasts were: errors, bias, coverage and skill, from quantiles and actual values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Metrics = dict[str, float | None]

BOOTSTRAPS = 1000
FEWEST_SERIES = 5  # that say something when they are drawn again
DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def ratio(above: float, below: float) -> float | None:
    """Return a quotient, None where it has no finite value."""
    if below == 0 or not np.isfinite(above) or not np.isfinite(below):
        return None
    return float(above / below)


def wql(actual: Array, deciles: Array) -> float | None:
    """Return the weighted quantile loss: mean pinball loss of the deciles, twice, over |actual|.

    Args:
        actual: (window, horizon), NaN where unknown.
        deciles: (window, horizon, 9).
    """
    seen = np.isfinite(actual)
    error = actual[seen][:, None] - deciles[seen]
    levels = np.asarray(DECILES)
    loss = np.maximum(levels * error, (levels - 1) * error)
    return ratio(2 * float(loss.sum(0).mean()), float(np.abs(actual[seen]).sum()))


def coverage(actual: Array, low: Array, high: Array) -> float | None:
    """Return the share of actual values inside the interval."""
    seen = np.isfinite(actual)
    inside = (actual >= low) & (actual <= high)
    return ratio(float(inside[seen].sum()), float(seen.sum()))


def errors(actual: Array, deciles: Array, mean: Array, naive: Array, square: Array) -> Metrics:
    """Return the errors of forecasts.

    Args:
        actual: (window, horizon), NaN where unknown.
        deciles: (window, horizon, 9).
        mean: (window, horizon).
        naive: per window, mean absolute error of seasonal naive over its history; NaN if none.
        square: per window, mean squared error of the same.
    """
    seen = np.isfinite(actual)
    median = deciles[..., 4]
    absolute = np.where(seen, np.abs(actual - median), 0.0)
    squared = np.where(seen, (actual - mean) ** 2, 0.0)
    count = np.maximum(seen.sum(1), 1)
    size = float(np.abs(actual[seen]).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = absolute.sum(1) / count / naive
        rooted = np.sqrt(squared.sum(1) / count / square)
    return {
        "wql": wql(actual, deciles),
        "wape": ratio(float(absolute.sum()), size),
        "mase": _mean(scaled),
        "rmsse": _mean(rooted),
        "bias": ratio(float((median - actual)[seen].sum()), size),
    }


def bootstrap_skill(
    actual: Array, deciles: Array, naive: Array, series: NDArray[np.int64], *, seed: int
) -> Metrics:
    """Return the 95 % interval of the skill against seasonal naive, by drawing series again.

    Windows of one series go together, because their errors do; with few series windows are drawn.

    Args:
        actual: (window, horizon), NaN where unknown.
        deciles: (window, horizon, 9).
        naive: (window, horizon, 9) of seasonal naive.
        series: (window,) which series each window is of.
        seed: the only source of chance.
    """
    groups = np.unique(series, return_inverse=True)[1]
    if groups.max(initial=-1) + 1 < FEWEST_SERIES:
        groups = np.arange(len(series))
    count = int(groups.max(initial=-1)) + 1
    if count < 2:
        return {"skill_low": None, "skill_high": None}
    sums = np.zeros((2, count))
    for place, found in enumerate((deciles, naive)):
        np.add.at(sums[place], groups, _pinball(actual, found))
    drawn = np.random.default_rng(seed).integers(0, count, (BOOTSTRAPS, count))
    loss, reference = sums[0][drawn].sum(1), sums[1][drawn].sum(1)
    usable = reference > 0
    if not usable.any():
        return {"skill_low": None, "skill_high": None}
    low, high = np.quantile(1 - loss[usable] / reference[usable], (0.025, 0.975))
    return {"skill_low": float(low), "skill_high": float(high)}


def _pinball(actual: Array, deciles: Array) -> Array:
    """Return the quantile loss of each window, summed over its known points."""
    levels = np.asarray(DECILES)
    error = actual[..., None] - deciles
    return np.nansum(np.maximum(levels * error, (levels - 1) * error), axis=(1, 2))


def _mean(values: Array) -> float | None:
    usable = values[np.isfinite(values)]
    return float(usable.mean()) if len(usable) else None


def naive_errors(history: NDArray[np.floating[Any]], season: int) -> tuple[float, float]:
    """Return mean absolute and squared error of repeating the last season; NaN where unknown."""
    if len(history) <= season:
        return np.nan, np.nan
    difference = history[season:] - history[:-season]
    difference = difference[np.isfinite(difference)]
    if not len(difference) or not np.abs(difference).any():
        return np.nan, np.nan
    return float(np.abs(difference).mean()), float((difference**2).mean())
