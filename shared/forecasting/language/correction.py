"""A language model that corrects the best numeric forecast, within a bound, step by step."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator as Random
from torch import Tensor

from shared.forecasting.devices import best_device
from shared.forecasting.ensemble import ENSEMBLE
from shared.forecasting.ensemble.forecaster import EnsembleForecaster, Member
from shared.forecasting.errors import ForecastingError, Invalid
from shared.forecasting.hyperparameters import checked
from shared.forecasting.language.adapter import merged
from shared.forecasting.language.base import Base
from shared.forecasting.language.corrector import ADAPTER, CorrectionForecaster, Corrector
from shared.forecasting.language.decoder import Writer
from shared.forecasting.language.exercises import MOST_CHECKED, Exercises
from shared.forecasting.language.form import LanguageHyperparameters
from shared.forecasting.language.learner import FineTuning
from shared.forecasting.language.making import fitting_manner, options, stored_manner
from shared.forecasting.manifest import Manifest
from shared.forecasting.metrics import wql
from shared.forecasting.panel import Index
from shared.forecasting.quantile_paths import MIDDLE, USUAL_DEPENDENCE, Array
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import ALGORITHMS, Algorithm, Problem
from shared.forecasting.validation import SHORTEST_HISTORY, actual_values, places

CANDIDATES = ("seasonal_naive", "theta", "ets", "lightgbm")
MOST = 600  # windows that are learned from
BACK = 6  # horizons before the validation windows that they come from, at most
LARGEST_SHARE = 0.4  # of a series' values that these take


class CorrectionLearner:
    """Numeric forecasts of windows in the past, and a language model that learns their errors."""

    def __init__(self, problem: Problem, base: Base) -> None:
        if float(np.nanmin(problem.panel.target)) < 0:
            raise Invalid(
                "A correction multiplies, and these values lie below zero too: choose the mode "
                "forecast.",
                field="/hyperparameters/mode",
            )
        self.problem, self.base, self.settings = problem, base, options(problem)
        self.since, self.fitted = time.monotonic(), 0
        self.tuning = FineTuning(base, self.settings, problem.recipe.seed, problem.pace)
        vocabulary = self.tuning.vocabulary
        manner = fitting_manner(problem, base, vocabulary, told_twice=True)
        self.corrector = Corrector(manner, vocabulary, self.settings.bound, base.window)
        self.panel = problem.panel.changed(fill=dict.fromkeys(problem.panel.known, "last"))

    def epochs(self) -> Iterator[Epoch]:
        """Choose and fit the numeric algorithm, then learn its errors, epoch by epoch."""
        stops, pool = earlier(self.problem)
        series, starts = places(self.panel, pool)
        horizon = self.problem.recipe.horizon
        actual = actual_values(self.panel, series, starts, horizon)
        best, said = yield from self._choose(stops, series, starts, actual)
        self.problem.notes.append(
            f"Corrects {ALGORITHMS[best].title}, at most by the factor {self.settings.bound}."
        )
        self.numeric = self._fit(best, self.problem.train_stops)
        yield self._between()
        check_series, check_starts = places(self.panel, self.problem.origins[:MOST_CHECKED])
        checked_said = self._medians(self.numeric, check_series, check_starts)
        book = CorrectionBook(
            self.corrector.exercises(self.panel, series, starts, said, actual),
            self.corrector.exercises(
                self.panel,
                check_series,
                check_starts,
                checked_said,
                actual_values(self.panel, check_series, check_starts, horizon),
            ),
        )
        for epoch in self.tuning.epochs(book, self.problem.notes):
            number, total = epoch.number + self.fitted, epoch.total + self.fitted
            yield replace(epoch, number=number, total=total)

    def _between(self) -> Epoch:
        """Return an epoch in which a numeric algorithm was fitted, so that one can stop then."""
        now = time.monotonic()
        seconds, self.since = now - self.since, now
        self.fitted += 1
        total = 1 + len(self._candidates()) + self.settings.max_epochs
        return Epoch(self.fitted, total, None, None, False, seconds, None)

    def _candidates(self) -> list[str]:
        wanted = self.settings.numeric
        names = CANDIDATES if wanted == "auto" else (wanted,)
        return [name for name in names if ALGORITHMS[name].unavailable() is None]

    def _choose(
        self, stops: Index, series: Index, starts: Index, actual: Array
    ) -> Generator[Epoch, None, tuple[str, Array]]:
        """Fit one after the other; return which forecast the windows best, and its medians.

        Raises:
            ForecastingError: none can be used here.
        """
        found: dict[str, tuple[float, Array]] = {}
        for name in self._candidates():
            deciles = self._fit(name, stops).quantiles(
                self.panel, series, starts, self.problem.recipe.horizon
            )
            loss = wql(actual, deciles)
            found[name] = (np.inf if loss is None else loss, deciles[..., MIDDLE])
            yield self._between()
        if not found:
            raise ForecastingError("No numeric algorithm can be used here, so none is corrected.")
        best = min(found, key=lambda one: found[one][0])
        return best, found[best][1]

    def _fit(self, name: str, stops: Index) -> EnsembleForecaster:
        algorithm = ALGORITHMS[name]
        options_ = checked(algorithm.hyperparameters, {})
        part = replace(
            self.problem,
            recipe=replace(self.problem.recipe, algorithm=name),
            hyperparameters=options_,
            train_stops=stops,
            origins=[],
            notes=[],
        )
        learner = algorithm.kind.start(algorithm, part)
        for _ in learner.epochs():
            pass
        return EnsembleForecaster(
            [Member(name, options_.model_dump(mode="json"), learner.finish())],
            np.ones((2, 1)),
            nonnegative=True,
            dependence=USUAL_DEPENDENCE,
        )

    def _medians(self, numeric: EnsembleForecaster, series: Index, starts: Index) -> Array:
        horizon = self.problem.recipe.horizon
        return numeric.quantiles(self.panel, series, starts, horizon)[..., MIDDLE]

    def finish(self) -> CorrectionForecaster:
        """Return the numeric forecaster with the best epoch's corrections."""
        adapter = self.tuning.adapter()
        self.tuning.release()
        return correcting(self.base, self.settings, self.corrector, adapter, self.numeric)


class CorrectionBook:
    """A fixed pool of windows, drawn from at random."""

    def __init__(self, pool: Exercises, check: Exercises) -> None:
        self.pool, self.checked = pool, check

    def draw(self, random: Random, count: int) -> Exercises:
        """Return some of the pool."""
        chosen = random.integers(0, len(self.pool.rows), count)
        return Exercises([self.pool.rows[at] for at in chosen], self.pool.codes[chosen])

    def check(self) -> Exercises:
        """Return the validation windows."""
        return self.checked


def earlier(problem: Problem) -> tuple[Index, list[tuple[int, int]]]:
    """Return where numeric algorithms stop learning, and the windows between that and the check.

    Series too short for it are learned from whole; without any other they are the windows too.
    """
    panel, horizon = problem.panel, problem.recipe.horizon
    begin, length = panel.offsets[:-1], problem.train_stops - panel.offsets[:-1]
    back = np.minimum(BACK, (LARGEST_SHARE * length / horizon).astype(np.int64))
    usable = (back > 0) & (length - back * horizon >= SHORTEST_HISTORY)
    stops = np.where(usable, problem.train_stops - back * horizon, problem.train_stops)
    stride = max(1, horizon // 2)
    found = [
        (int(one), row)
        for one in np.flatnonzero(usable)
        for row in range(int(stops[one]), int(problem.train_stops[one]) - horizon + 1, stride)
        if np.isfinite(panel.target[begin[one] : stops[one]]).any()
    ]
    if not found:
        found = [
            (int(one), int(max(begin[one] + 1, problem.train_stops[one] - horizon)))
            for one in range(len(panel))
            if np.isfinite(panel.target[begin[one]])
        ] or [(0, int(problem.train_stops[0]) - 1)]
    if len(found) > MOST:
        found = [found[at] for at in np.linspace(0, len(found) - 1, MOST).astype(int)]
    return stops.astype(np.int64), found


def correcting(
    base: Base,
    settings: LanguageHyperparameters,
    corrector: Corrector,
    adapter: dict[str, Tensor],
    numeric: EnsembleForecaster,
) -> CorrectionForecaster:
    """Return a forecaster: the base model with its adapter, and what it corrects."""
    network, vocabulary = merged(base, settings.rank, adapter, best_device())
    writer = Writer(network, vocabulary, settings.temperature)
    return CorrectionForecaster(
        writer, corrector, base, numeric, paths=settings.paths, rank=settings.rank, adapter=adapter
    )


def restore_correction(
    base: Base,
    algorithm: Algorithm,
    settings: LanguageHyperparameters,
    manifest: Manifest,
    state: dict[str, Tensor],
    folder: Path,
) -> CorrectionForecaster:
    """Rebuild a stored correction with the numeric forecaster under it."""
    stored = manifest.settings
    adapter = {
        name.removeprefix(ADAPTER): part for name, part in state.items() if name.startswith(ADAPTER)
    }
    rest = {name: part for name, part in state.items() if not name.startswith(ADAPTER)}
    numeric = ENSEMBLE.restore(
        algorithm, manifest.model_copy(update={"settings": stored["numeric"]}), rest, folder
    )
    if not isinstance(numeric, EnsembleForecaster):
        raise TypeError("an ensemble is rebuilt as one")
    network, vocabulary = merged(base, settings.rank, adapter, best_device())
    return CorrectionForecaster(
        Writer(network, vocabulary, settings.temperature),
        Corrector(stored_manner(stored["manner"]), vocabulary, settings.bound, base.window),
        base,
        numeric,
        paths=settings.paths,
        rank=settings.rank,
        adapter=adapter,
    )
