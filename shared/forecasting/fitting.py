"""Fitting: checks what is asked, lets a family learn, and makes the result honest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial

import numpy as np
import torch

from shared.forecasting import left_out
from shared.forecasting.backtesting import Rolling
from shared.forecasting.errors import Invalid, NotEnoughData
from shared.forecasting.evaluation import Evaluated, Evaluation, evaluate, headlines, windows_of
from shared.forecasting.fitted import FittedModel
from shared.forecasting.holidays import with_holidays
from shared.forecasting.hyperparameters import checked
from shared.forecasting.made import code_version, made
from shared.forecasting.manifest import Calibration, Column, LeftOut, Manifest, StoredScope
from shared.forecasting.metrics import Metrics
from shared.forecasting.pace import Pace
from shared.forecasting.panel import Panel
from shared.forecasting.recipe import Backtest, Epoch, Recipe, Scope
from shared.forecasting.register import ALGORITHMS, Completing, Forecaster, Problem, known_algorithm
from shared.forecasting.scopes import subset
from shared.forecasting.split import split, stored, until
from shared.forecasting.validation import (
    SHORTEST_HISTORY,
    Checked,
    check,
    cross_fitted,
    hold_back,
    measure,
    measure_test,
    places,
    uncorrected,
    windows_after,
)

LONGEST_HORIZON = 10_000


class Fitting:
    """One recipe at work on one scope of a panel: iterate `epochs()`, then `finish()`."""

    def __init__(
        self,
        panel: Panel,
        recipe: Recipe,
        scope: Scope | None = None,
        *,
        pace: Pace | None = None,
    ) -> None:
        """Check everything before any time is spent.

        Args:
            panel: all series.
            recipe: how to learn.
            scope: which of them.
            pace: made of the notes of a fit that shall be repeated; the clock if absent.

        Raises:
            Invalid: the recipe or the scope asks for what cannot be done; `field` says where.
            NotEnoughData: the series are too short for this horizon, or hold no values.
        """
        self.recipe, self.scope, self.pace = recipe, scope or Scope(), pace or Pace()
        self.rounds, self.ended = 0, False
        self.notes: list[str] = []
        self.algorithm = known_algorithm(recipe.algorithm)
        self.hyperparameters = checked(self.algorithm.hyperparameters, recipe.hyperparameters)
        if not 1 <= recipe.horizon <= LONGEST_HORIZON:
            raise Invalid(f"The horizon must be 1 to {LONGEST_HORIZON} steps.", field="/horizon")
        self.split = split(panel, recipe)
        selected = with_holidays(panel.select(self.scope), recipe.holidays)
        self.left_out: list[LeftOut] = []
        self.whole, self.panel = self._parts(selected)
        context = self._context()
        self.holdout = hold_back(self.panel, recipe.horizon, self.split.train_end)
        self._refuse_nothing_to_learn()
        self.left_out += self._unchecked()
        self.notes += left_out.notes(self.left_out, len(selected))
        problem = Problem(
            panel=self.panel,
            recipe=recipe,
            hyperparameters=self.hyperparameters,
            context_length=context,
            train_stops=self.holdout.train_stops,
            origins=self.holdout.origins,
            notes=self.notes,
            pace=self.pace,
        )
        self.context_length = context
        self.rolling = None if recipe.backtest is None else self._rolling(recipe.backtest)
        self.learner = self.algorithm.kind.start(self.algorithm, problem)

    def _rolling(self, asked: Backtest) -> Rolling:
        rolling = Rolling(
            self.whole, self.recipe, asked, self._naive(), partial(_fitted_once, pace=self.pace)
        )
        rolling.ends()  # refuses what the series are too short for
        return rolling

    def _parts(self, selected: Panel) -> tuple[Panel, Panel]:
        """Return the series with all they have, and without what the test keeps."""
        learned = until(selected, self.split.validation_end)
        empty = left_out.without_values(learned)
        if len(empty) == len(learned):
            raise NotEnoughData("The series of this scope hold no values at all.", field="/scope")
        if len(empty):
            self.left_out += left_out.left_out(learned, empty, "no_values")
            kept = np.setdiff1d(np.arange(len(learned)), empty)
            selected, learned = subset(selected, kept), subset(learned, kept)
        if float(np.nanstd(learned.target)) == 0:
            self.notes.append("Every value is the same: the forecast will repeat it.")
        return selected, learned

    def _refuse_nothing_to_learn(self) -> None:
        longest = int((self.holdout.train_stops - self.panel.offsets[:-1]).max())
        if longest < SHORTEST_HISTORY:
            raise NotEnoughData(
                f"Without validation and test, the longest series has {longest} values to learn "
                f"from; it needs at least {SHORTEST_HISTORY}.",
                field="/validation_steps",
            )

    def _context(self) -> int:
        """Return the context length, after refusing lengths that no series has."""
        recipe = self.recipe
        longest = int((self.panel.stops - self.panel.offsets[:-1]).max())
        if longest < recipe.horizon + SHORTEST_HISTORY:
            raise NotEnoughData(
                f"The longest series has {longest} values; a horizon of {recipe.horizon} needs at "
                f"least {recipe.horizon + SHORTEST_HISTORY}. Choose a shorter horizon, at most "
                f"{max(0, longest - SHORTEST_HISTORY)}.",
                field="/horizon",
            )
        most = longest - recipe.horizon
        if recipe.context_length is None:
            context = max(1, min(self.panel.clock.context, most))
            self.notes.append(
                f"Context of {context} steps, chosen for frequency {self.panel.frequency}."
            )
            return context
        if not 1 <= recipe.context_length <= most:
            raise Invalid(
                f"The context must be 1 to {most} steps: the longest series has {longest} values "
                f"and {recipe.horizon} of them are kept for checking.",
                field="/context_length",
            )
        return recipe.context_length

    def _unchecked(self) -> list[LeftOut]:
        stops, horizon = self.holdout.train_stops, self.recipe.horizon
        return left_out.unchecked(self.panel, stops, horizon, self.split.train_end)

    def epochs(self) -> Iterator[Epoch]:
        """Learn, yielding after each epoch; leave the loop to stop early.

        Raises:
            Diverged: the loss became NaN or infinite before the first epoch was complete.
            Unrepeatable: this is not the fit that `pace` was noted of.
        """
        last = None if self.pace.noted is None else self.pace.noted.left_after
        for epoch in self._epochs():
            self.rounds += 1
            yield epoch
            if self.rounds == last:
                return
        self.ended = True

    def _epochs(self) -> Iterator[Epoch]:
        rounds = 0 if self.rolling is None else self.rolling.rounds
        number = 0
        for epoch in self.learner.epochs():
            number = epoch.number
            yield replace(epoch, total=epoch.total * (1 + rounds))
        if self.rolling is not None:
            yield from self.rolling.epochs(number)

    def finish(self) -> FittedModel:
        """Return the best epoch with calibrated intervals and metrics on the held-back end.

        Raises:
            ForecastingError: no epoch was complete.
        """
        forecaster = self.learner.finish()
        panel, recipe, origins = self.panel, self.recipe, self.holdout.origins
        values = panel.target[np.isfinite(panel.target)]
        nonnegative = bool((values >= 0).all())
        found, naive = (
            check(one, panel, origins, recipe.horizon, nonnegative=nonnegative, seed=recipe.seed)
            for one in (forecaster, self._naive())
        )
        calibration, metrics = measure(found, naive, panel, origins)
        evaluation = self._evaluated(found, naive)
        if evaluation is not None:
            metrics |= headlines(evaluation[0])
        metrics |= uncorrected(forecaster, panel, origins, recipe, metrics, self.notes)
        if isinstance(self.learner, Completing):
            forecaster = self.learner.complete()
        metrics |= self._tested(forecaster, calibration, nonnegative)
        manifest = self._manifest(forecaster, calibration, metrics, nonnegative)
        return FittedModel(manifest, forecaster, evaluation)

    def _manifest(
        self, forecaster: Forecaster, calibration: Calibration, metrics: Metrics, nonnegative: bool
    ) -> Manifest:
        panel, recipe = self.panel, self.recipe
        settings = json.loads(json.dumps(forecaster.settings()))
        return Manifest(
            algorithm=self.algorithm.name,
            family=self.algorithm.family,
            hyperparameters=self.hyperparameters.model_dump(mode="json"),
            frequency=panel.frequency,
            horizon=recipe.horizon,
            context_length=self.context_length,
            scope=StoredScope(**asdict(self.scope)),
            ids=panel.ids,
            vocabulary={name: panel.id_labels[at] for at, name in enumerate(panel.ids)},
            known=_columns(panel, panel.known),
            past=_columns(panel, panel.past),
            static=_columns(panel, panel.static),
            heads=(settings["head"],) if "head" in settings else (),
            settings=settings,
            nonnegative=nonnegative,
            calibration=calibration,
            metrics=metrics,
            holidays=recipe.holidays,
            split=stored(panel, self.split, self.holdout.held),
            series_count=len(panel),
            left_out=tuple(self.left_out),
            seed=recipe.seed,
            code_version=code_version(),
            torch_version=torch.__version__,
            made=made(recipe, self.learner, self.pace.notes(None if self.ended else self.rounds)),
            notes=tuple(self.notes),
        )

    def _evaluated(self, found: Checked, naive: Checked) -> Evaluated | None:
        """Return the report of the backtest if there was one, else of the validation windows."""
        if self.rolling is not None and (rolled := self.rolling.report()) is not None:
            return self._with_left_out(rolled[0]), rolled[1]
        origins = self.holdout.origins
        if not origins:
            return None
        windows = windows_of(
            *places(self.panel, origins),
            found.ordered,
            cross_fitted(found),
            found.actual,
            naive.ordered,
        )
        seed = self.recipe.seed
        report = evaluate(windows, self.panel, kind="validation", seed=seed)
        return self._with_left_out(report), windows

    def _with_left_out(self, report: Evaluation) -> Evaluation:
        return report.model_copy(update={"left_out": tuple(self.left_out)})

    def _tested(
        self, forecaster: Forecaster, calibration: Calibration, nonnegative: bool
    ) -> Metrics:
        """Return the metrics on the test, which nothing was learned from."""
        horizon, seed = self.recipe.horizon, self.recipe.seed
        if not self.recipe.test:
            return {}
        origins = windows_after(self.whole, horizon, self.split.validation_end)
        if not origins:
            self.notes.append("No series reaches into the test: there are no figures for it.")
            return {}
        found, naive = (
            check(one, self.whole, origins, horizon, nonnegative=nonnegative, seed=seed)
            for one in (forecaster, self._naive())
        )
        return measure_test(found, naive, calibration, self.whole, origins)

    def _naive(self) -> Forecaster:
        from shared.forecasting.statistical import StatisticalForecaster

        algorithm = ALGORITHMS["seasonal_naive"]
        return StatisticalForecaster(algorithm, algorithm.hyperparameters())


def _fitted_once(panel: Panel, recipe: Recipe, *, pace: Pace) -> Iterator[Epoch | FittedModel]:
    """Fit inside a backtest: on a panel that ends where the past did."""
    fitting = Fitting(panel, replace(recipe, backtest=None, test=0, holidays=""), pace=pace)
    yield from fitting._epochs()
    yield fitting.finish()


def _columns(panel: Panel, names: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(Column(name=name, labels=panel.labels.get(name)) for name in names)
