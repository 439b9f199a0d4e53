"""Weighs forecasts greedily by their quantile loss; knows only arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.forecasting.metrics import DECILES
from shared.forecasting.panel import Index
from shared.forecasting.quantile_paths import Array

ROUNDS = 25
GOOD = 1.3  # a member this close to the best may have been unlucky
BELIEF = 60.0  # windows' worth of belief that all good members deserve the same
GROUP_BELIEF = 100.0  # windows' worth of belief that all groups deserve the same
SMALLEST_GROUP = 50


def loss(quantiles: Array, actual: Array) -> float:
    """Return the quantile loss summed over all observed points, twice the mean of the levels."""
    seen = np.isfinite(actual)
    error = actual[seen][:, None] - quantiles[seen]
    levels = np.asarray(DECILES)
    return float(2 * np.maximum(levels * error, (levels - 1) * error).mean(1).sum())


def greedy(members: Sequence[Array], actual: Array) -> Array:
    """Return the weights of an average that was built one best addition at a time."""
    counts = np.zeros(len(members))
    total = np.zeros_like(members[0])
    for size in range(1, ROUNDS + 1):
        tried = [loss((total + member) / size, actual) for member in members]
        best = int(np.argmin(tried))
        counts[best] += 1
        total += members[best]
    return np.asarray(counts / counts.sum())


def steady(members: Sequence[Array], actual: Array) -> Array:
    """Return greedy weights, drawn towards equal ones where few windows decide."""
    chosen = greedy(members, actual)
    alone = np.array([loss(member, actual) for member in members])
    good = (alone <= GOOD * alone.min()).astype(float)
    count = deciding(actual)
    return np.asarray((count * chosen + BELIEF * good / good.sum()) / (count + BELIEF))


def deciding(actual: Array) -> float:
    """Return how many windows decide: of very different sizes, the largest few do.

    Kish's effective sample size, with what a window adds to the loss's scale as its weight.
    """
    size = np.nansum(np.abs(actual), axis=1)
    return float(size.sum() ** 2 / max(float((size**2).sum()), 1e-12))


def weigh(members: Sequence[Array], actual: Array, groups: Index) -> Array:
    """Return the weights of each group (group, member); the first member is the yardstick.

    On these windows the result is never worse than the yardstick.
    """
    overall = _no_worse(members, actual, steady(members, actual))
    out = np.stack([overall, overall])
    for group in (0, 1):
        inside = groups == group
        count = int(inside.sum())
        if SMALLEST_GROUP <= count < len(actual):
            own = [member[inside] for member in members]
            local, weight = greedy(own, actual[inside]), deciding(actual[inside])
            mixed = (weight * local + GROUP_BELIEF * overall) / (weight + GROUP_BELIEF)
            out[group] = _no_worse(own, actual[inside], mixed)
    return out


def combined(members: Sequence[Array], weights: Array) -> Array:
    """Return the weighted average of quantiles; weights per member, or (window, member)."""
    shares = np.broadcast_to(weights, (len(members[0]), len(members)))
    total = np.zeros_like(members[0])
    for place, member in enumerate(members):
        total += shares[:, place, None, None] * member
    return total


def _no_worse(members: Sequence[Array], actual: Array, weights: Array) -> Array:
    """Return the weights, or the yardstick alone where that does better."""
    yardstick = np.eye(len(members))[0]
    if loss(combined(members, weights), actual) <= loss(members[0], actual):
        return weights
    return yardstick
