"""Takes the seasons out of a series and puts them back; knows no dates, only lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.forecasting.statistical.gaps import Series

ROUNDS = 2.0  # a season must have been gone through so often
FADING = 0.8  # what a round counts for, beside the one after it
SMALLEST = 0.02  # a lower share of the usual value tells nothing of the level


@dataclass(frozen=True)
class Seasons:
    """How each place of each season differs from the level, place 0 being the first value's."""

    multiplicative: bool
    profiles: tuple[Series, ...]

    def at(self, begin: int, steps: int) -> Series:
        """Return what the seasons do to so many values: factors, or what is added."""
        found = np.ones(steps) if self.multiplicative else np.zeros(steps)
        places = np.arange(begin, begin + steps)
        for profile in self.profiles:
            part = profile[places % len(profile)]
            found = found * part if self.multiplicative else found + part
        return found

    def without(self, values: Series) -> Series:
        """Return the values as they would have been without seasons."""
        change = self.at(0, len(values))
        if not self.multiplicative:
            return values - change
        usable = change >= SMALLEST
        adjusted = np.where(usable, values / np.where(usable, change, 1.0), np.nan)
        seen = np.flatnonzero(usable)
        if not len(seen):
            return values
        nearest = np.clip(np.searchsorted(seen, np.arange(len(values)), "right") - 1, 0, None)
        return np.where(usable, adjusted, adjusted[seen[nearest]])

    def put_back(self, values: Series, begin: int) -> Series:
        """Return values (…, steps) with the seasons of the steps from `begin` on."""
        change = self.at(begin, values.shape[-1])
        return values * change if self.multiplicative else values + change


def seasons_of(values: Series, lengths: tuple[int, ...]) -> Seasons:
    """Return the seasons of a series without gaps, shorter ones first.

    They are factors where nothing is negative. Each is drawn towards no season at all by as much
    as its places differ no more than chance would let them.
    """
    multiplicative = bool(values.min() >= 0 and values.max() > 0)
    profiles: list[Series] = []
    for length in lengths:
        if length < 2 or len(values) < ROUNDS * length:
            continue
        before = Seasons(multiplicative, tuple(profiles))
        rest = before.without(values)
        level = _level(rest, length)
        if multiplicative:
            level = np.maximum(level, 1e-3 * float(values.mean()))
            profiles.append(_factors(rest, level, length))
        else:
            profiles.append(_profile(rest - level, np.ones(len(rest)), length))
    return Seasons(multiplicative, tuple(profiles))


def _level(values: Series, length: int) -> Series:
    """Return the mean of the season around each value; at the ends, of the nearest whole one."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    begin = np.clip(np.arange(len(values)) - length // 2, 0, len(values) - length)
    return np.asarray((total[begin + length] - total[begin]) / length)


def _factors(values: Series, level: Series, length: int) -> Series:
    found = 1 + _profile(values / level - 1, level, length)
    found = np.maximum(found, 0.0)
    return np.asarray(found / found.mean()) if found.mean() > 0 else np.ones(length)


def _profile(apart: Series, size: Series, length: int) -> Series:
    """Return the mean of each place, weighed by size and by how late it is, drawn towards zero."""
    places = np.arange(len(apart)) % length
    age = (len(apart) - 1 - np.arange(len(apart))) // length
    weight = size * FADING**age
    whole = np.bincount(places, weight, length)
    mean = np.bincount(places, weight * apart, length) / np.maximum(whole, 1e-12)
    mean -= np.average(mean, weights=whole)
    rounds = whole**2 / np.maximum(np.bincount(places, weight**2, length), 1e-12)
    within = np.average((apart - mean[places]) ** 2, weights=weight)
    within *= 1 / max(1e-9, 1 - 1 / float(rounds.mean()))
    chance = float((within / rounds).mean())
    between = float((mean**2).mean())
    return np.asarray(mean * (max(0.0, 1 - chance / between) if between > 0 else 0.0))
