"""Turns the errors that a method would have made before into paths; no distribution is assumed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.statistical.gaps import Series

LEARNING = 10  # the first forecasts of a method are not yet like its later ones
ENOUGH = 20  # errors that a step needs; farther steps borrow from the last one that has them


def of_states(level: Series, slope: Series, damping: float, values: Series, steps: int) -> Series:
    """Return what forecasts made after each value missed by (value, step), NaN where unknown.

    Args:
        level: where the forecast begins; one per value.
        slope: by how much it rises with each step before that is damped; one per value.
        damping: what each rise is of the one before it, the first one's included.
        values: that were forecast.
        steps: how far ahead.
    """
    count = len(values)
    reach = np.cumsum(damping ** np.arange(1, steps + 1))
    errors = np.full((count, steps), np.nan)
    for step in range(min(steps, count - 1)):
        made = slice(0, count - 1 - step)
        errors[made, step] = values[step + 1 :] - level[made] - reach[step] * slope[made]
    return errors[min(LEARNING, count // 3) :]


def paths(mean: Series, errors: Series, uniform: NDArray[np.float64]) -> Series:
    """Return sampled futures (paths, steps) around a forecast.

    At each step they are spread evenly over the errors made so many steps ahead; which path gets
    which error follows forecasts of the past, so that steps hang together as they did then.

    Args:
        mean: the forecast of each step.
        errors: made before (forecast, step), NaN where unknown.
        uniform: random numbers (paths, steps), the only source of chance.
    """
    known = (~np.isnan(errors)).sum(0)
    far = np.flatnonzero(known >= min(ENOUGH, max(2, len(errors) // 2)))
    if not len(far):
        return np.tile(mean, (len(uniform), 1))
    farthest = int(far[-1])
    whole = np.flatnonzero(~np.isnan(errors[:, farthest]))
    model = errors[whole[(uniform[:, 0] * len(whole)).astype(np.int64)]]  # one past per path
    level = (np.arange(len(uniform)) + 0.5) / len(uniform)
    out = np.empty(uniform.shape)
    for step in range(uniform.shape[1]):
        known_step = min(step, farthest)
        found = errors[:, known_step]
        spread = np.quantile(found[~np.isnan(found)], level)
        spread *= ((step + 1) / (known_step + 1)) ** 0.5  # as a random walk goes on
        order = np.lexsort((uniform[:, step], model[:, known_step]))
        out[order, step] = mean[step] + spread
    return out
