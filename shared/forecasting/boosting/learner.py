"""Grows trees a few at a time, all quantiles together, and keeps the best number of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shared.forecasting import quantile_paths
from shared.forecasting.boosting.examples import (
    Examples,
    Horizons,
    horizons,
    require_memory,
    training,
)
from shared.forecasting.boosting.features import lay_out
from shared.forecasting.boosting.forecaster import BoostedForecaster, Spread, between
from shared.forecasting.boosting.form import BoostingHyperparameters
from shared.forecasting.errors import ForecastingError, Invalid, NotEnoughData
from shared.forecasting.metrics import DECILES, wql
from shared.forecasting.network.encoding import id_codes
from shared.forecasting.panel import Index
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Algorithm, Problem
from shared.forecasting.validation import actual_values, places

Array = NDArray[np.float64]

EPOCHS = 15
PATIENCE = 4
BINS = 127
GROUPS = 5  # of sizes of the mean, each with a spread of its own


class Boosted(Protocol):
    """What a boosted algorithm writes."""

    levels: tuple[float, ...]

    def __init__(self, hyperparameters: Any, seed: int) -> None: ...

    def parameters(self, level: float | None) -> dict[str, Any]:
        """Return the library's parameters of one booster."""
        ...


class BoostingLearner:
    """Boosters at work on one problem."""

    completing_share = 1.0

    def __init__(self, algorithm: Algorithm, problem: Problem) -> None:
        settings = problem.hyperparameters
        if not isinstance(settings, BoostingHyperparameters):
            raise TypeError("a booster's hyper-parameters extend BoostingHyperparameters")
        self.settings, self.problem = settings, problem
        self.algorithm: Boosted = algorithm.build(settings, problem.recipe.seed)
        panel = problem.panel
        if not self.algorithm.levels and np.nanmin(panel.target) < 0:
            raise Invalid(
                "Tweedie takes no negative values: choose the objective quantile, or correct the "
                "data.",
                field="/hyperparameters/objective",
            )
        self.vocabulary = {name: panel.id_labels[at] for at, name in enumerate(panel.ids)}
        self.codes = id_codes(panel, self.vocabulary)
        lengths = problem.train_stops - panel.offsets[:-1]
        periods = int((panel.first + lengths).max() - panel.first.min())
        self.layout = lay_out(panel, int(lengths.max()), periods)
        require_memory(panel, panel.stops, problem.recipe.horizon, settings.rows, self.layout)
        self.best = 0  # trees
        self.boosters: list[Any] = []
        self.spread: Spread | None = None
        self.deciles: Array | None = None  # of the validation windows, after the best tree

    def epochs(self) -> Iterator[Epoch]:
        """Grow trees, yielding after each batch of them.

        Raises:
            NotEnoughData: no example can be drawn.
        """
        began, since = time.monotonic(), self._seconds()
        examples = self._examples(self.problem.train_stops)
        self.boosters = self._boosters(examples)
        check = _Check(self)
        block = -(-self.settings.trees // EPOCHS)
        total = -(-self.settings.trees // block)
        lowest, age = float("inf"), 0
        for number in range(1, total + 1):
            started = time.monotonic()
            grown = min(number * block, self.settings.trees)
            self._grow(self.boosters, grown)
            loss = check.loss(grown)
            better = loss is None or loss < lowest
            if better:
                lowest, self.best, self.deciles = loss or 0.0, grown, check.deciles
            age = 0 if better else age + 1
            now = time.monotonic()
            eta = (now - began) / number * (total - number)
            yield Epoch(number, total, None, loss, better, now - started, eta)
            if age >= PATIENCE or self._late(since):
                self.problem.notes.append(f"Stopped after {grown} trees, {self.best} are kept.")
                return

    def _late(self, since: float) -> bool:
        # growing once more on all of the data takes as long again
        limit = self.settings.seconds
        return limit > 0 and limit < 2 * (self._seconds() - since)

    def _seconds(self) -> float:
        return self.problem.pace.seconds() if self.settings.seconds else 0.0

    @property
    def taken(self) -> int:
        """Return the best number of trees."""
        return self.best

    def finish(self) -> BoostedForecaster:
        """Return the best number of trees.

        Raises:
            ForecastingError: none was grown.
        """
        if not self.best:
            raise ForecastingError("Nothing was learned: stopped before the first trees.")
        if not self.algorithm.levels:
            self.spread = self._spread(self.boosters)
        return self._forecaster(self.boosters)

    def complete(self) -> BoostedForecaster:
        """Return as many trees, grown on all of the data."""
        examples = self._examples(self.problem.panel.stops)
        boosters = self._boosters(examples)
        self._grow(boosters, self.best)
        return self._forecaster(boosters)

    def _forecaster(self, boosters: list[Any]) -> BoostedForecaster:
        from lightgbm import Booster

        kept = [Booster(model_str=one.model_to_string(num_iteration=self.best)) for one in boosters]
        return BoostedForecaster(
            kept,
            self.algorithm.levels,
            self.layout,
            self.vocabulary,
            dependence=self._dependence(),
            spread=self.spread,
        )

    def _examples(self, stops: Index) -> Examples:
        problem = self.problem
        examples = training(
            problem.panel,
            stops,
            problem.recipe.horizon,
            self.settings.rows,
            self.layout,
            self.codes,
            problem.recipe.seed,
        )
        if not len(examples.value):
            raise NotEnoughData("The series hold no two values to learn from.", field="/scope")
        return examples

    def _boosters(self, examples: Examples) -> list[Any]:
        from lightgbm import Booster, Dataset

        data = Dataset(
            examples.table,
            examples.bounded(),
            weight=examples.weight,
            categorical_feature=list(self.layout.categories),
            params={"max_bin": BINS, "verbosity": -1, "min_data_in_bin": 3},
            free_raw_data=True,
        )
        levels: tuple[float | None, ...] = self.algorithm.levels or (None,)
        smallest = max(1, min(self.settings.smallest_leaf, len(examples.value) // 20))
        return [
            Booster(
                {**self.algorithm.parameters(level), "min_data_in_leaf": smallest, "max_bin": BINS},
                data,
            )
            for level in levels
        ]

    def _grow(self, boosters: list[Any], trees: int) -> None:
        for booster in boosters:
            for _ in range(trees - booster.current_iteration()):
                if booster.update():
                    break  # nothing is left to split

    def _spread(self, boosters: list[Any]) -> Spread:
        """Learn how actual values lie around the mean, per group of sizes of the mean."""
        examples = self._examples(self.problem.train_stops)
        mean = np.maximum(boosters[0].predict(examples.table, num_iteration=self.best), 1e-9)
        edges = np.unique(np.quantile(mean, np.arange(1, GROUPS) / GROUPS))
        place = np.searchsorted(edges, mean, "right")
        factors = tuple(
            tuple(np.quantile((examples.value / mean)[place == group], DECILES).tolist())
            if (place == group).any()
            else (1.0,) * len(DECILES)
            for group in range(len(edges) + 1)
        )
        return Spread(tuple(edges.tolist()), factors)

    def _dependence(self) -> float:
        problem = self.problem
        if self.deciles is None:
            return quantile_paths.USUAL_DEPENDENCE
        series, starts = places(problem.panel, problem.origins)
        actual = actual_values(problem.panel, series, starts, problem.recipe.horizon)
        return quantile_paths.dependence(self.deciles, actual)


class _Check:
    """The validation windows; foretelling them costs only the newest trees each time."""

    def __init__(self, learner: BoostingLearner) -> None:
        problem, self.learner = learner.problem, learner
        self.parts: list[Horizons] = []
        self.raw: list[Array] = []
        self.seen = 0
        self.deciles: Array | None = None
        if not problem.origins:
            return
        panel = problem.panel.changed(fill=dict.fromkeys(problem.panel.known, "last"))
        series, starts = places(panel, problem.origins)
        horizon = problem.recipe.horizon
        made = horizons(panel, series, starts, horizon, learner.layout, learner.codes)
        self.parts = [part for _, part in made]
        self.raw = [np.zeros((len(part.scale), len(learner.boosters))) for part in self.parts]
        self.actual = actual_values(panel, series, starts, horizon)

    def loss(self, grown: int) -> float | None:
        """Return the weighted quantile loss with so many trees, None without windows."""
        if not self.parts:
            return None
        for part, raw in zip(self.parts, self.raw, strict=True):
            for place, booster in enumerate(self.learner.boosters):
                raw[:, place] += booster.predict(
                    part.table,
                    start_iteration=self.seen,
                    num_iteration=grown - self.seen,
                    raw_score=True,
                )
        self.seen = grown
        found = [self._read(part, raw) for part, raw in zip(self.parts, self.raw, strict=True)]
        self.deciles = np.concatenate(found).reshape(*self.actual.shape, len(DECILES))
        return wql(self.actual, self.deciles)

    def _read(self, part: Horizons, raw: Array) -> Array:
        levels = self.learner.algorithm.levels
        said = between(raw, levels) if levels else np.repeat(np.exp(raw), len(DECILES), 1)
        return np.asarray(said * part.scale[:, None])
