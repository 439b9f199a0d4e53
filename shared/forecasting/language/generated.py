"""Series that were never measured: what the small base model learns to continue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Generated:
    """Series of one season with an event that is known in advance."""

    values: Values  # (series, time), NaN where missing
    events: NDArray[np.int64]  # (series, time) 0-9


def generate(random: Generator, count: int, length: int, season: int) -> Generated:
    """Return so many series: level, trend, shifts, season, events, and noise or counts."""
    time = np.arange(length)
    log = _level(random, count, length) + _season(random, count, time, season)
    events, effect = _events(random, count, length)
    values = _noisy(random, np.exp(np.clip(log + effect, -12, 12)))
    values = _signed(random, values)
    missing = random.random((count, length)) < 0.06
    values = np.where(missing & _some(random, count, 0.1), np.nan, values)
    return Generated(values * np.exp(random.normal(0, 2, (count, 1))), events)


def _some(random: Generator, count: int, share: float) -> NDArray[np.bool_]:
    return random.random((count, 1)) < share


def _level(random: Generator, count: int, length: int) -> Values:
    """Return the logarithm of the level: trend, random walk, shifts and a long wave."""
    time = np.arange(length) / length
    trend = random.normal(0, 0.8, (count, 1)) * _some(random, count, 0.4) * time
    size = np.exp(random.normal(-4, 1, (count, 1))) * _some(random, count, 0.5)
    walk = np.cumsum(random.normal(0, 1, (count, length)), 1) * size
    at = random.random((count, 1)) * 1.2
    jump = random.normal(0, 0.8, (count, 1)) * _some(random, count, 0.2)
    period = random.uniform(0.5, 6, (count, 1))
    phase = random.uniform(0, 2 * np.pi, (count, 1))
    wave = np.sin(2 * np.pi * time / period + phase) * random.uniform(0, 0.5, (count, 1))
    wave = wave * _some(random, count, 0.4)
    return trend + walk + jump * (time > at) + wave + random.normal(0.5, 1.3, (count, 1))


def _season(random: Generator, count: int, time: NDArray[np.int64], season: int) -> Values:
    """Return a repeated profile: smooth, rough, or a few days that differ."""
    if season < 2:
        return np.zeros((count, len(time)))
    place = np.arange(season) / season
    smooth = np.zeros((count, season))
    for wave in range(1, 4):
        angle = 2 * np.pi * (wave * place + random.random((count, 1)))
        smooth += np.sin(angle) * random.normal(0, 1 / wave, (count, 1))
    rough = random.normal(0, 1, (count, season))
    apart = (random.random((count, season)) < 0.3) * random.normal(0, 1.5, (count, 1))
    kind = random.random((count, 1))
    profile = np.where(kind < 0.45, smooth, np.where(kind < 0.75, rough, apart))
    strength = np.abs(random.normal(0, 0.5, (count, 1))) * _some(random, count, 0.85)
    phase = random.integers(0, season, (count, 1))
    found: Values = strength * np.take_along_axis(profile, (time[None] + phase) % season, 1)
    return found


def _events(random: Generator, count: int, length: int) -> tuple[NDArray[np.int64], Values]:
    """Return rows of digits, mostly zero, and what they do to the logarithm."""
    there = random.random((count, length)) < random.uniform(0.02, 0.15, (count, 1))
    there |= np.roll(there, 1, axis=1) & _some(random, count, 0.5)
    height = np.where(_some(random, count, 0.5), 9, random.integers(1, 10, (count, length)))
    digits = np.where(there & _some(random, count, 0.3), height, 0)
    return digits, digits / 9 * random.normal(0.5, 0.7, (count, 1))


def _noisy(random: Generator, mean: Values) -> Values:
    """Return values around their means: exact, scattered, counts, or now and then."""
    count, length = mean.shape
    spread = np.exp(random.normal(-2, 0.9, (count, 1)))
    steps = random.normal(0, 1, (count, length))
    memory = random.uniform(0, 0.9, (count, 1)) * _some(random, count, 0.4)
    for at in range(1, length):
        steps[:, at] += memory[:, 0] * steps[:, at - 1]
    scattered = mean * np.exp(np.clip(spread * steps, -5, 5))
    additive = mean + mean.mean(1, keepdims=True) * spread * steps
    counts = random.poisson(np.minimum(scattered, 1e6)).astype(float)
    now_and_then = scattered * (random.random((count, length)) < random.uniform(0.1, 1, (count, 1)))
    kind = random.random((count, 1))
    usual = np.where(kind < 0.45, scattered, np.maximum(additive, 0))
    return np.where(kind < 0.6, usual, np.where(kind < 0.87, counts, now_and_then))


def _signed(random: Generator, values: Values) -> Values:
    """Let some series lie below zero, or far above it."""
    spread = values.std(1, keepdims=True) + 1e-9
    lower = values - spread * random.uniform(0, 8, values[:, :1].shape)
    higher = values + spread * random.uniform(2, 30, values[:, :1].shape)
    kind = random.random(values[:, :1].shape)
    return np.where(kind < 0.08, lower, np.where(kind < 0.2, higher, values))
