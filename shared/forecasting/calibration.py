"""Widens or narrows sampled intervals per horizon step until they cover what they promise."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.manifest import Calibration

Array = NDArray[np.float64]

LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)
POOL = 150  # scores that one step needs; fewer, and its neighbours' scores count too
SMALLEST, LARGEST = 0.3, 4.0
PRIOR = 20.0  # windows' worth of belief that the interval is right as it is


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
    """Learn, per step and level, how far the quantiles must move away from the median.

    A level and its mirror image share a factor, learned from both of their errors, so that an
    interval keeps its centre: the windows are of the same last weeks, and when those ran higher
    than was forecast for all series alike, that says little about the weeks to come.

    Args:
        ordered: sorted paths of the validation windows (window, paths, horizon).
        actual: what happened (window, horizon), NaN where unknown.
    """
    if not len(ordered) or not np.isfinite(actual).any():
        return Calibration()
    middle = quantiles_of(ordered, (0.5,))
    reach = quantiles_of(ordered, LEVELS) - middle
    error = actual - middle[..., 0]
    horizon = actual.shape[1]
    factors = []
    for step in range(horizon):
        steps = _neighbours(step, horizon, len(ordered))
        scores = [_ratios(reach[:, steps, place], error[:, steps]) for place in range(len(LEVELS))]
        sides = [
            _factor(np.concatenate([low, high]), 1 - level, len(ordered))
            for level, low, high in zip(LEVELS, scores, reversed(scores), strict=True)
            if level < 0.5
        ]
        factors.append((*sides, *reversed(sides)))
    return Calibration(levels=LEVELS, factors=tuple(factors), windows=len(ordered))


def _neighbours(step: int, horizon: int, windows: int) -> slice:
    reach = int(np.ceil((POOL / max(1, windows) - 1) / 2))
    return slice(max(0, step - reach), min(horizon, step + reach + 1))


def _ratios(reach: Array, error: Array) -> Array:
    """Return errors as shares of a quantile's distance from the median, where it has one."""
    usable = np.isfinite(error) & (np.abs(reach) > 1e-9)
    return error[usable] / reach[usable]


def _factor(ratios: Array, level: float, windows: int) -> float:
    """Return the factor by which two mirrored quantiles' distance from the median must change.

    Steps beside each other tell much the same, so only windows count against the belief in what
    was forecast.
    """
    count = len(ratios) / 2  # both sides tell of the same points
    if count < 5:
        return 1.0
    rank = min(1.0, level * (count + 1) / count)  # the finite-sample step of conformal intervals
    factor = float(np.clip(np.quantile(ratios, rank), SMALLEST, LARGEST))
    heard = min(count, windows)
    return float(np.exp(np.log(factor) * heard / (heard + PRIOR)))


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
