"""Lets statsforecast fit one series at a time, and turns its intervals into paths."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.statistical import Series, without_gaps

WIDE = 80  # the interval that is asked for, in percent
REACH = 1.2815515655446004  # normal scores from its middle to its end


def paths(
    model: Any, history: Series, season: int, uniform: NDArray[np.float64], most: int
) -> Series:
    """Return sampled futures (paths, horizon) of a model fitted to the history.

    The spread is the model's own; the steps of a path hang together as those of a random walk
    whose variance grows like the model's.
    """
    values = without_gaps(history, season)
    values = values[int(np.flatnonzero(~np.isnan(values))[0]) :][-most:]
    horizon = uniform.shape[1]
    mean, deviation = _forecast(model, values, horizon)
    steps = np.diff(deviation**2, prepend=0.0)
    fresh = _normal(uniform) * np.sqrt(np.maximum(steps, 0.0))
    walk = np.cumsum(fresh, axis=1)
    reached = np.sqrt(np.cumsum(np.maximum(steps, 0.0)))
    with np.errstate(invalid="ignore", divide="ignore"):
        fitted = np.where(reached > 0, deviation / reached, 0.0)
    return np.asarray(mean + walk * fitted)


def _forecast(model: Any, values: Series, horizon: int) -> tuple[Series, Series]:
    """Return mean and deviation of each step; of a series that cannot be fitted, its last value."""
    if len(values) < 4 or float(np.ptp(values)) == 0:
        return np.full(horizon, values[-1]), np.full(horizon, float(values.std()))
    unit = float(np.abs(values).mean())
    try:
        found = model.forecast(y=values / unit, h=horizon, level=[WIDE])
    except Exception:  # whatever the library cannot fit; the forecast must not fail for it
        return np.full(horizon, values[-1]), np.full(horizon, float(values.std()))
    mean = np.asarray(found["mean"], float)
    deviation = (np.asarray(found[f"hi-{WIDE}"], float) - mean) / REACH
    usable = np.isfinite(mean) & np.isfinite(deviation)
    mean = np.where(usable, mean, values[-1] / unit)
    deviation = np.where(usable, np.abs(deviation), values.std() / unit)
    return mean * unit, deviation * unit


def _normal(uniform: NDArray[np.float64]) -> Series:
    """Return normal scores spread evenly over the paths; chance decides which path gets which."""
    import torch

    ranks = uniform.argsort(0, kind="stable").argsort(0, kind="stable")
    level = (ranks + 0.5) / len(uniform)
    return np.asarray(torch.special.ndtri(torch.from_numpy(level)).numpy())
