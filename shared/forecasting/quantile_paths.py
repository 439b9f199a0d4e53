"""Turns quantiles of each step into sample paths whose steps hang together."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from shared.forecasting.metrics import DECILES
from shared.forecasting.panel import Index, Panel
from shared.forecasting.randomness import uniforms

Array = NDArray[np.float64]

MIDDLE = DECILES.index(0.5)
USUAL_DEPENDENCE = 0.3
STRONGEST = 0.95
FEWEST_PAIRS = 50
ROWS = 4_000_000  # numbers drawn at once


@runtime_checkable
class QuantileForecaster(Protocol):
    """A forecaster that knows the deciles of each step, not how steps hang together."""

    def quantiles(self, panel: Panel, series: Index, starts: Index, horizon: int) -> Array:
        """Return the deciles of each step (series, horizon, 9), ascending."""
        ...


def draw(
    quantiles: Array, dependence: float, hashes: Index, paths: int, seed: int
) -> NDArray[np.float32]:
    """Return sampled futures (series, paths, horizon): a Gaussian copula over the deciles.

    At each step the paths are spread evenly over the distribution, so that few of them say its
    quantiles exactly; chance decides which path gets which part.

    Args:
        quantiles: deciles (series, horizon, 9), ascending.
        dependence: correlation of the normal scores of one step and the next.
        hashes: one stable hash per series.
        paths: how many.
        seed: the only source of chance, with the hashes.
    """
    count, horizon, _ = quantiles.shape
    out = np.empty((count, paths, horizon), np.float32)
    spread = _weights(paths)
    size = max(1, ROWS // (paths * horizon))
    for at in range(0, count, size):
        part = slice(at, at + size)
        ranks = _ranks(torch.from_numpy(hashes[part]), dependence, paths, horizon, seed)
        values = quantiles[part] @ spread.T  # (series, horizon, paths), ascending
        out[part] = np.moveaxis(np.take_along_axis(values, ranks, 2), 2, 1)
    return out


def _ranks(hashes: torch.Tensor, dependence: float, paths: int, horizon: int, seed: int) -> Index:
    """Return, per series and step, the place of each path among the others."""
    uniform = uniforms(seed, hashes, paths=paths, horizon=horizon, draws=1)[:, 0]
    normal = torch.special.ndtri(uniform.double())  # (horizon, series, paths)
    fresh = (1 - dependence**2) ** 0.5
    for step in range(1, horizon):
        normal[step] = dependence * normal[step - 1] + fresh * normal[step]
    places = normal.argsort(stable=True, dim=-1).argsort(stable=True, dim=-1)
    return places.permute(1, 0, 2).numpy()


def _weights(paths: int) -> Array:
    """Return how the value at each even level is put together from the deciles (paths, 9).

    Between the deciles it runs straight over normal scores; beyond them it goes on as steeply as
    from the median to the outermost decile.
    """
    knots = _scores(np.asarray(DECILES))
    wanted = _scores((np.arange(paths) + 0.5) / paths)
    out = np.zeros((paths, len(knots)))
    for row, score in enumerate(wanted):
        if score < knots[0] or score > knots[-1]:
            end = 0 if score < knots[0] else len(knots) - 1
            share = score / knots[end]
            out[row, end], out[row, MIDDLE] = share, 1 - share
            continue
        right = int(np.clip(np.searchsorted(knots, score), 1, len(knots) - 1))
        share = (score - knots[right - 1]) / (knots[right] - knots[right - 1])
        out[row, right], out[row, right - 1] = share, 1 - share
    return out


def _scores(levels: Array) -> Array:
    return np.asarray(torch.special.ndtri(torch.from_numpy(levels)).numpy(), np.float64)


def dependence(quantiles: Array, actual: Array) -> float:
    """Return the correlation of one step's normal score with the next one's.

    Args:
        quantiles: deciles that were forecast (window, horizon, 9).
        actual: what happened (window, horizon), NaN where unknown.
    """
    if actual.shape[-1] < 2:
        return USUAL_DEPENDENCE
    below = (quantiles < actual[..., None]).sum(-1)
    ties = (quantiles == actual[..., None]).sum(-1)  # an actual value on many levels: the middle
    level = np.clip((below + 0.5 * (ties + 1)) / (len(DECILES) + 1), 0.05, 0.95)
    scores = np.where(np.isnan(actual), np.nan, _scores(level))
    left, right = scores[:, :-1].ravel(), scores[:, 1:].ravel()
    seen = np.isfinite(left) & np.isfinite(right)
    if seen.sum() < FEWEST_PAIRS:
        return USUAL_DEPENDENCE
    size = float((left[seen] ** 2).sum() * (right[seen] ** 2).sum()) ** 0.5
    if size == 0:
        return USUAL_DEPENDENCE
    return float(np.clip((left[seen] * right[seen]).sum() / size, 0.0, STRONGEST))
