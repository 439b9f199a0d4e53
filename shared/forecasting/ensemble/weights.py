"""Weighs forecasts greedily by their quantile loss; knows only arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.forecasting.metrics import DECILES
from shared.forecasting.panel import Index
from shared.forecasting.quantile_paths import Array

ROUNDS = 25
RECENT = 100.0  # later windows that halve what a window counts
CLOSE = 0.04  # of the best loss: a member this much behind is believed in e times less
BELIEF = 60.0  # windows' worth of belief that members as good as the best deserve as much
GROUP_BELIEF = 100.0  # windows' worth of belief that all groups deserve the same
SMALLEST_GROUP = 50
GAIN = 0.002  # of the loss, that weights of its own must bring a group
SMALLEST_SHARE = 0.03  # a member with less than this is left out


def loss(quantiles: Array, actual: Array, heed: Array | None = None) -> float:
    """Return the quantile loss summed over all observed points, twice the mean of the levels.

    Args:
        quantiles: (window, step, level).
        actual: (window, step), NaN where unknown.
        heed: how much each window counts; all alike if not given.
    """
    seen = np.isfinite(actual)
    error = actual[seen][:, None] - quantiles[seen]
    levels = np.asarray(DECILES)
    each = 2 * np.maximum(levels * error, (levels - 1) * error).mean(1)
    return float(each.sum() if heed is None else each @ np.repeat(heed, seen.sum(1)))


def recent(starts: Index) -> Array:
    """Return how much each window counts: what is found on the latest is found again soonest.

    Members are compared on as many of the latest windows as tell them apart, whether one date
    has hundreds of them or one: `RECENT` later windows halve a weight.
    """
    _, place = np.unique(starts, return_inverse=True)
    dated = np.bincount(place)
    later = len(starts) - np.cumsum(dated)
    return np.asarray(0.5 ** (later[place] / RECENT))


def greedy(members: Sequence[Array], actual: Array, heed: Array | None = None) -> Array:
    """Return the weights of an average that was built one best addition at a time."""
    counts = np.zeros(len(members))
    total = np.zeros_like(members[0])
    for size in range(1, ROUNDS + 1):
        tried = [loss((total + member) / size, actual, heed) for member in members]
        best = int(np.argmin(tried))
        counts[best] += 1
        total += members[best]
    return np.asarray(counts / counts.sum())


def steady(members: Sequence[Array], actual: Array, heed: Array) -> Array:
    """Return greedy weights, drawn towards all good members where few windows decide."""
    chosen = greedy(members, actual, heed)
    alone = np.array([loss(member, actual, heed) for member in members])
    behind = alone / max(alone.min(), 1e-12) - 1
    good = np.exp(-np.minimum(behind / CLOSE, 100))
    count = deciding(actual, heed)
    return np.asarray((count * chosen + BELIEF * good / good.sum()) / (count + BELIEF))


def deciding(actual: Array, heed: Array) -> float:
    """Return how many windows decide: of very different sizes, the largest few do.

    Kish's effective sample size, with what a window adds to the loss's scale as its weight.
    """
    size = np.nansum(np.abs(actual), axis=1)
    return float((heed @ size) ** 2 / max(float(heed @ size**2), 1e-12))


def weigh(members: Sequence[Array], actual: Array, groups: Index, starts: Index) -> Array:
    """Return the weights of each group (group, member); the first member is the yardstick.

    Late windows count more than early ones. A group has weights of its own where those do better
    on windows they were not chosen on. On all of these windows together the result is never
    worse than the yardstick.
    """
    heed = recent(starts)
    overall = pruned(steady(members, actual, heed))
    out = np.stack([overall, overall])
    for group in (0, 1):
        inside = groups == group
        if SMALLEST_GROUP <= int(inside.sum()) < len(actual):
            own = [member[inside] for member in members]
            if _helps(own, actual[inside], heed[inside], overall):
                out[group] = pruned(_drawn_to(own, actual[inside], heed[inside], overall))
    if loss(combined(members, out[groups]), actual) <= loss(members[0], actual):
        return out
    return np.eye(len(members))[[0, 0]]


def pruned(weights: Array) -> Array:
    """Return the weights without those that are hardly there."""
    kept = np.where(weights < SMALLEST_SHARE, 0.0, weights)
    return np.asarray(kept / kept.sum())


def _drawn_to(members: Sequence[Array], actual: Array, heed: Array, overall: Array) -> Array:
    """Return greedy weights of a group, drawn towards those of all windows."""
    weight = deciding(actual, heed)
    chosen = greedy(members, actual, heed)
    return np.asarray((weight * chosen + GROUP_BELIEF * overall) / (weight + GROUP_BELIEF))


def _helps(members: Sequence[Array], actual: Array, heed: Array, overall: Array) -> bool:
    """Say whether weights of its own, chosen on one half of a group, do better on the other."""
    half = np.arange(len(actual)) % 2 == 0
    own = alike = 0.0
    for learned, tried in ((half, ~half), (~half, half)):
        some = [member[learned] for member in members]
        rest = [member[tried] for member in members]
        weights = pruned(_drawn_to(some, actual[learned], heed[learned], overall))
        own += loss(combined(rest, weights), actual[tried], heed[tried])
        alike += loss(combined(rest, overall), actual[tried], heed[tried])
    return own < (1 - GAIN) * alike


def combined(members: Sequence[Array], weights: Array) -> Array:
    """Return the weighted average of quantiles; weights per member, or (window, member)."""
    shares = np.broadcast_to(weights, (len(members[0]), len(members)))
    total = np.zeros_like(members[0])
    for place, member in enumerate(members):
        total += shares[:, place, None, None] * member
    return total
