"""Turns the values of a window into whole numbers and back, from its context alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Codes = NDArray[np.int64]

MISSING = -1
USUAL = 0.95  # quantile of the context that counts as its usual height
ROOM = 1.6  # how far above the usual height a code still reaches
SPIKE = 2.0  # a context's highest value has a code up to so many usual heights
FAR = 0.5  # a context that stays above this share of its height is shifted down
BELOW = 0.5  # room under the lowest value of a shifted context, in its own range
SMALLEST = 1e-30


@dataclass(frozen=True)
class Scaling:
    """One step per window: code c stands for the value (c + shift) · step; exact at zero.

    A value between two codes gets the nearer one; one beyond all codes gets the last.
    """

    step: Values  # (window,)
    shift: Codes  # (window,)
    digits: int

    def encode(self, values: Values) -> Codes:
        """Return the codes of values (window, time); `MISSING` where a value is NaN."""
        top = 10**self.digits - 1
        seen = np.isfinite(values)
        exact = np.where(seen, values, 0.0) / self.step[:, None]
        near = np.rint(np.clip(exact, -1e18, 1e18)) - self.shift[:, None]
        return np.where(seen, np.clip(near, 0, top), MISSING).astype(np.int64)

    def decode(self, codes: Codes | Values) -> Values:
        """Return the values of codes (window, …), which may lie between whole numbers."""
        wide = (slice(None), *([None] * (np.ndim(codes) - 1)))
        return (np.asarray(codes, float) + self.shift[wide]) * self.step[wide]

    def rows(self, chosen: slice | NDArray[np.int64]) -> Scaling:
        """Return the scaling of some of the windows."""
        return Scaling(self.step[chosen], self.shift[chosen], self.digits)


def fit_scaling(context: Values, digits: int) -> Scaling:
    """Return the scaling of each context (window, time); NaN is missing.

    Contexts that reach down to zero keep it as the lowest code, so that a day without sales is
    said exactly. Those far above zero are shifted by whole steps, those below it downwards.
    """
    seen = np.isfinite(context)
    filled = np.where(seen, context, 0.0)
    low, high = (
        filled.min(1, initial=np.inf, where=seen),
        filled.max(1, initial=-np.inf, where=seen),
    )
    low, high = np.where(seen.any(1), low, 0.0), np.where(seen.any(1), high, 0.0)
    usual = _usual_height(filled, seen)
    top = np.where(usual > 0, np.maximum(usual, np.minimum(high, SPIKE * usual)), high)
    shifted = (low < 0) | ((low > FAR * top) & (top > low))
    floor = np.where(shifted, low - BELOW * (top - low), 0.0)
    floor = np.where(low >= 0, np.maximum(floor, 0.0), floor)
    ceiling = floor + ROOM * (top - floor)
    codes = 10**digits - 1
    step = (ceiling - floor) / codes
    # a flat context still needs a step that its own height decides
    step = np.where(step > SMALLEST, step, np.abs(low) * ROOM / codes)
    step = np.where(step > SMALLEST, step, 1.0)
    return Scaling(step, np.floor(np.clip(floor / step, -1e15, 1e15)).astype(np.int64), digits)


def _usual_height(filled: Values, seen: NDArray[np.bool_]) -> Values:
    """Return a high quantile of the values that are not zero; zero where all are."""
    chosen = np.where(seen & (filled != 0), filled, np.nan)
    out = np.zeros(len(filled))
    some = np.isfinite(chosen).any(1)
    if some.any():
        out[some] = np.nanquantile(chosen[some], USUAL, axis=1)
    return out
