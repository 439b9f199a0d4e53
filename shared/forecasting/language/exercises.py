"""What a language model learns from: windows drawn at random, told, with the digits to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator

from shared.forecasting.language.prompts import Manner, tell
from shared.forecasting.language.scaling import Codes
from shared.forecasting.language.vocabulary import Vocabulary
from shared.forecasting.panel import Index
from shared.forecasting.register import Problem

MOST_CHECKED = 128


@dataclass(frozen=True)
class Exercises:
    """Prompts, and the codes that should follow."""

    rows: list[list[int]]
    codes: Codes  # (window, horizon), MISSING where unknown


class Book(Protocol):
    """Where exercises come from."""

    def draw(self, random: Generator, count: int) -> Exercises:
        """Return so many exercises from before the validation windows."""
        ...

    def check(self) -> Exercises:
        """Return the validation windows."""
        ...


class ForecastBook:
    """Random windows over all series: the context is told, the horizon is to be written."""

    def __init__(
        self, problem: Problem, manner: Manner, vocabulary: Vocabulary, window: int
    ) -> None:
        self.problem, self.manner, self.vocabulary = problem, manner, vocabulary
        self.room = window - problem.recipe.horizon * (manner.digits + 1)
        self.panel = problem.panel.changed(fill=dict.fromkeys(problem.panel.known, "last"))
        self.horizon = problem.recipe.horizon
        self.low, self.counts = origins(problem, manner.context)
        self.ends = np.cumsum(self.counts)

    def draw(self, random: Generator, count: int) -> Exercises:
        """Return random windows; every possible beginning of a horizon is as likely."""
        place = random.integers(0, self.ends[-1], count)
        series = np.searchsorted(self.ends, place, side="right")
        rows = self.low[series] + place - (self.ends[series] - self.counts[series])
        return self._exercises(series, rows, self.problem.train_stops[series], random)

    def check(self) -> Exercises:
        """Return at most so many validation windows, evenly chosen."""
        found = self.problem.origins
        if len(found) > MOST_CHECKED:
            found = [found[at] for at in np.linspace(0, len(found) - 1, MOST_CHECKED).astype(int)]
        series, rows = np.array(found, np.int64).reshape(-1, 2).T
        return self._exercises(series, rows, self.panel.stops[series], None)

    def _exercises(
        self, series: Index, rows: Index, stops: Index, random: Generator | None
    ) -> Exercises:
        starts = self.panel.first[series] + rows - self.panel.offsets[series]
        prompts = tell(
            self.panel, series, starts, self.horizon, self.manner, self.vocabulary, self.room
        )
        target = np.array(
            [
                self.panel.values(one, start, start + self.horizon)
                for one, start in zip(series.tolist(), starts.tolist(), strict=True)
            ]
        ).reshape(len(series), self.horizon)
        target[np.arange(self.horizon) + rows[:, None] >= stops[:, None]] = np.nan
        if random is not None:  # where in its step a value lies is not learned by heart
            half = random.random(target.shape) - 0.5
            target = np.where(target == 0, 0.0, target + half * prompts.scaling.step[:, None])
        return Exercises(prompts.rows, prompts.scaling.encode(target))


def origins(problem: Problem, context: int) -> tuple[Index, Index]:
    """Return, per series, the first row that may begin a horizon, and how many may."""
    panel, horizon = problem.panel, problem.recipe.horizon
    offsets, stops = panel.offsets[:-1], problem.train_stops
    length = stops - offsets
    room = np.maximum(1, length - horizon)
    low = offsets + np.minimum(context // 2 + 1, room)
    return low, np.where(length >= 2, np.maximum(stops - horizon - low, 0) + 1, 0)
