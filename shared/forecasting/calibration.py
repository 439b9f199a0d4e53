"""Widens or narrows sampled intervals per horizon step until they cover what they promise."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.manifest import Calibration

Array = NDArray[np.float64]

LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)
POOL = 150  # scores that one step needs; fewer, and its neighbours' scores count too
SMALLEST, LARGEST = 0.3, 4.0
PRIOR = 20.0  # scores' worth of belief that the interval is right as it is


def quantiles_of(ordered: Array, levels: tuple[float, ...] | Array) -> Array:
    """Return quantiles of sorted paths: (series, paths, horizon) → (series, horizon, level)."""
    paths = ordered.shape[1]
    place = np.clip(np.asarray(levels, float) * paths - 0.5, 0, paths - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, paths - 1)
    share = (place - low)[None, :, None]
    found = ordered[:, low] * (1 - share) + ordered[:, high] * share
    return np.moveaxis(found, 1, 2)


def calibrate(ordered: Array, actual: Array) -> Calibration:
    """Learn, per step and level, how far the quantile must move away from the median.

    Args:
        ordered: sorted paths of the validation windows (window, paths, horizon).
        actual: what happened (window, horizon), NaN where unknown.
    """
    if not len(ordered) or not np.isfinite(actual).any():
        return Calibration()
    middle = quantiles_of(ordered, (0.5,))[..., 0]
    found = quantiles_of(ordered, LEVELS)
    horizon = actual.shape[1]
    factors = []
    for step in range(horizon):
        steps = _neighbours(step, horizon, len(ordered))
        row = []
        for place, level in enumerate(LEVELS):
            reach = found[:, steps, place] - middle[:, steps]
            row.append(_factor(reach, actual[:, steps] - middle[:, steps], level))
        factors.append(tuple(row))
    return Calibration(levels=LEVELS, factors=tuple(factors), windows=len(ordered))


def _neighbours(step: int, horizon: int, windows: int) -> slice:
    reach = int(np.ceil((POOL / max(1, windows) - 1) / 2))
    return slice(max(0, step - reach), min(horizon, step + reach + 1))


def _factor(reach: Array, error: Array, level: float) -> float:
    """Return the factor by which the quantile's distance from the median must change."""
    usable = np.isfinite(error) & (np.abs(reach) > 1e-9)
    count = int(usable.sum())
    if count < 5:
        return 1.0
    ratio = error[usable] / reach[usable]
    side = level if level > 0.5 else 1 - level
    rank = min(1.0, side * (count + 1) / count)  # the finite-sample step of conformal intervals
    factor = float(np.clip(np.quantile(ratio, rank), SMALLEST, LARGEST))
    return float(np.exp(np.log(factor) * count / (count + PRIOR)))


def apply(calibration: Calibration, ordered: Array) -> Array:
    """Return sorted paths after calibration, still sorted."""
    if not calibration.factors:
        return ordered
    paths, horizon = ordered.shape[1:]
    level = (np.arange(paths) + 0.5) / paths
    table = np.asarray(calibration.factors)
    rows = np.stack([np.interp(level, calibration.levels, row) for row in table], 1)
    factor = rows[:, np.minimum(np.arange(horizon), len(table) - 1)]  # (paths, horizon)
    middle = quantiles_of(ordered, (0.5,))[:, None, :, 0]
    return np.sort(middle + factor * (ordered - middle), axis=1)
