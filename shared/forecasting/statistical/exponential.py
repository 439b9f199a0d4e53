"""Lets an exponential method forecast one series without its seasons, and puts them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.statistical import past_errors
from shared.forecasting.statistical.gaps import Series, without_gaps
from shared.forecasting.statistical.seasons import seasons_of

FEWEST = 4  # values that a method is fitted to


@dataclass(frozen=True)
class Fit:
    """A method fitted to a series: its forecast, and what it knew after each value."""

    mean: Series
    level: Series
    slope: Series
    damping: float = 1.0


Method = Callable[[Series, int], Fit]  # values and the horizon → a fit


def paths(
    method: Method,
    history: Series,
    seasons: tuple[int, ...],
    uniform: NDArray[np.float64],
    most: int,
) -> Series:
    """Return sampled futures (paths, horizon) of a method fitted to the latest values."""
    values = without_gaps(history, seasons[0])
    found = seasons_of(values, seasons)
    level = found.without(values)[-most:]
    ahead = _ahead(method, level, uniform)
    if values.min() >= 0:
        ahead = np.maximum(ahead, 0.0)
    return found.put_back(ahead, len(values))


def _ahead(method: Method, values: Series, uniform: NDArray[np.float64]) -> Series:
    """Return paths of a series without seasons; of one that cannot be fitted, around its end."""
    horizon = uniform.shape[1]
    unit = float(np.abs(values).mean())
    if float(np.ptp(values)) == 0:
        return np.full(uniform.shape, values[-1])
    values = values / unit
    fit = _fit(method, values, horizon)
    errors = past_errors.of_states(fit.level, fit.slope, fit.damping, values, horizon)
    return past_errors.paths(fit.mean, errors, uniform) * unit


def _fit(method: Method, values: Series, horizon: int) -> Fit:
    """Return the fit; where there is none, the last value is what is forecast."""
    last = Fit(np.full(horizon, values[-1]), values, np.zeros_like(values))
    if len(values) < FEWEST:
        return last
    try:
        fit = method(values, horizon)
    except Exception:  # whatever the library cannot fit; the forecast must not fail for it
        return last
    usable = all(np.isfinite(part).all() for part in (fit.mean, fit.level, fit.slope))
    return fit if usable else last
