"""Fits a portfolio within a time budget, backtests it and weighs its members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from shared.forecasting import quantile_paths
from shared.forecasting.ensemble.backtest import Backtest, backtest
from shared.forecasting.ensemble.forecaster import (
    EnsembleForecaster,
    Member,
    Remembered,
    deciles,
)
from shared.forecasting.ensemble.form import EnsembleHyperparameters
from shared.forecasting.ensemble.portfolio import Candidate, Portfolio
from shared.forecasting.ensemble.weights import combined, loss, weigh
from shared.forecasting.errors import ForecastingError, Unrepeatable
from shared.forecasting.hyperparameters import checked
from shared.forecasting.panel import Index
from shared.forecasting.quantile_paths import Array
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import (
    ALGORITHMS,
    Algorithm,
    Completing,
    Forecaster,
    Learner,
    Problem,
)

TRIED = 16  # windows that say how long a member that learns nothing takes
FEWEST_WINDOWS = 40  # fewer do not tell members apart
LEARNING = 0.75  # of a member's time; the rest is for its word on the backtest
SHORTEST = 0.06  # of the time limit: a spare member that gets less is not begun


@dataclass(frozen=True)
class Spent:
    """The seconds that a member took."""

    learning: float
    window: float  # for its word on one window


class EnsembleLearner:
    """A portfolio at work on one problem."""

    completing_share = 1.0

    def __init__(self, algorithm: Algorithm, problem: Problem) -> None:
        settings = problem.hyperparameters
        if not isinstance(settings, EnsembleHyperparameters):
            raise TypeError("an ensemble's hyper-parameters extend EnsembleHyperparameters")
        self.problem, self.limit = problem, float(settings.time_limit)
        self.portfolio: Portfolio = algorithm.build(settings)
        self.panel = problem.panel.changed(fill=dict.fromkeys(problem.panel.known, "last"))
        self.nonnegative = bool(
            (problem.panel.target[np.isfinite(problem.panel.target)] >= 0).all()
        )
        self.backtest: Backtest = backtest(problem)
        self.began = problem.pace.seconds()
        self.members: list[Member] = []
        self.learners: dict[str, Learner] = {}
        self.spent: dict[str, Spent] = {}
        self.said: list[Array] = []  # deciles of each member on the backtest
        self.weighed: Array | None = None

    def epochs(self) -> Iterator[Epoch]:
        """Fit one member after the other, yielding after each of their epochs."""
        self.began = self._now()
        candidates = [
            candidate
            for candidate in self.portfolio.candidates()
            if ALGORITHMS[candidate.name].unavailable() is None
        ]
        number = 0
        for place, candidate in enumerate(candidates):
            began = self._now()
            for epoch in self._fit(candidate):
                number += 1
                left = max(0.0, self._left())
                total = number + (len(candidates) - place) - 1
                yield replace(epoch, number=number, total=max(total, number + 1), eta_seconds=left)
            if candidate.name in self.learners:
                title = ALGORITHMS[candidate.name].title
                self.problem.notes.append(f"{title}: {self._now() - began:.0f} s.")
        now = self._now() - self.began
        yield Epoch(number + 1, number + 1, None, self._ensemble_loss(), True, now, 0.0)

    def _fit(self, candidate: Candidate) -> Iterator[Epoch]:
        """Fit one member on what lies before the backtest; one that fails is left out."""
        algorithm = ALGORITHMS[candidate.name]
        problem = self._part(candidate, algorithm)
        began = self._now()
        try:
            if self.members and self._room(candidate) <= 0:
                self.problem.notes.append(f"{algorithm.title} was left out: no time was left.")
                return
            learner = algorithm.kind.start(algorithm, problem)
            yield from learner.epochs()
            forecaster = learner.finish()
            if not candidate.learns and not self._affordable(forecaster, candidate):
                self.problem.notes.append(f"{algorithm.title} would take too long: left out.")
                return
            asked = self._now()
            said = self._deciles(forecaster)
        except Unrepeatable:
            raise
        except ForecastingError as error:
            self.problem.notes.append(f"{algorithm.title} was left out: {error}")
            return
        now = self._now()
        settings = problem.hyperparameters.model_dump(mode="json")
        self.members.append(Member(candidate.name, settings, forecaster))
        self.learners[candidate.name] = learner
        windows = max(1, len(self.backtest.origins))
        self.spent[candidate.name] = Spent(asked - began, (now - asked) / windows)
        self.said.append(said)

    def _deciles(self, forecaster: Forecaster) -> Array:
        test, horizon = self.backtest, self.problem.recipe.horizon
        return deciles(forecaster, self.panel, test.series, test.starts, horizon, self.nonnegative)

    def _part(self, candidate: Candidate, algorithm: Algorithm) -> Problem:
        """Return the problem of one member, which ends before the backtest and in time."""
        settings = dict(candidate.hyperparameters)
        if candidate.learns:
            settings["seconds"] = max(1, int(LEARNING * self._room(candidate)))
        return replace(
            self.problem,
            recipe=replace(self.problem.recipe, algorithm=candidate.name),
            hyperparameters=checked(algorithm.hyperparameters, settings),
            train_stops=self.backtest.stops,
            origins=self.backtest.origins if candidate.learns else [],
            notes=[],
        )

    def _now(self) -> float:
        return self.problem.pace.seconds()

    def _left(self) -> float:
        return self.limit - (self._now() - self.began)

    def _room(self, candidate: Candidate) -> float:
        """Return the seconds that a member may take.

        A spare member must leave what the others need for learning once more and for the
        forecast, and as much for itself.
        """
        if not candidate.spare:
            return min(candidate.share * self.limit, self._left())
        room = (self._left() - sum(map(self._needed, self.members))) / 2
        return min(candidate.share * self.limit, room) if room > SHORTEST * self.limit else 0.0

    def _needed(self, member: Member) -> float:
        """Return the seconds that a member still takes until everything is forecast."""
        spent, learner = self.spent[member.name], self.learners[member.name]
        again = learner.completing_share if isinstance(learner, Completing) else 0.0
        # windows that were not compared are asked about when the intervals are calibrated
        remembered = set(self.backtest.origins)
        windows = sum(one not in remembered for one in self.problem.origins) + len(self.panel)
        return again * spent.learning + windows * spent.window

    def _affordable(self, forecaster: Forecaster, candidate: Candidate) -> bool:
        """Say whether the backtest and the final forecast fit into the member's share.

        Where only the backtest is too long, the members that are fitted so far and all later ones
        are compared on fewer windows; for a spare member that is not worth it.
        """
        test, horizon = self.backtest, self.problem.recipe.horizon
        if not self.members or len(test.origins) <= TRIED:
            return True  # the yardstick always is
        self._try(forecaster, test.series[:1], test.starts[:1], horizon)  # loads what it needs
        began = self._now()
        self._try(forecaster, test.series[:TRIED], test.starts[:TRIED], horizon)
        each = (self._now() - began) / TRIED
        windows = int(self._room(candidate) / max(each, 1e-9)) - len(self.panel)
        fewest = len(test.origins) if candidate.spare else min(len(test.origins), FEWEST_WINDOWS)
        if windows < fewest:
            return False
        if windows < len(test.origins):
            chosen = np.linspace(0, len(test.origins) - 1, windows).astype(np.int64)
            self.backtest = test.only(chosen)
            self.said = [said[chosen] for said in self.said]
            self.problem.notes.append(f"Compared on {windows} of {len(test.origins)} windows.")
        return True

    def _try(self, forecaster: Forecaster, series: Index, starts: Index, horizon: int) -> None:
        deciles(forecaster, self.panel, series, starts, horizon, self.nonnegative)

    def _ensemble_loss(self) -> float | None:
        size = float(np.nansum(np.abs(self.backtest.actual)))
        if not self.backtest.origins or not size or not self.said:
            return None
        weights = self._weights()[self.backtest.groups]
        return loss(combined(self.said, weights), self.backtest.actual) / size

    def _weights(self) -> Array:
        """Return the weights per group of the members so far."""
        if self.weighed is None or self.weighed.shape[1] != len(self.members):
            self.weighed = self._weighed()
        return self.weighed

    def _weighed(self) -> Array:
        """Weigh the members; without windows all of them count the same."""
        test = self.backtest
        if not test.origins or not np.isfinite(test.actual).any():
            return np.full((2, len(self.members)), 1 / len(self.members))
        return weigh(self.said, test.actual, test.groups, test.starts)

    def finish(self) -> EnsembleForecaster:
        """Return the weighted members, as they were when the backtest looked at them.

        Raises:
            ForecastingError: none was fitted.
        """
        if not self.members:
            raise ForecastingError("Nothing was learned: stopped before the first member was.")
        weights = self._weights()
        kept = np.flatnonzero(weights.max(0) > 0)
        self._explain(weights)
        mixed = np.sort(combined(self.said, weights[self.backtest.groups]), axis=2)
        windows = zip(self.backtest.series, self.backtest.starts, strict=True)
        remembered = Remembered(
            self.panel.target,
            {(int(one), int(start)): mixed[at] for at, (one, start) in enumerate(windows)},
        )
        self.fitted = EnsembleForecaster(
            [self.members[place] for place in kept],
            weights[:, kept],
            nonnegative=self.nonnegative,
            dependence=quantile_paths.dependence(mixed, self.backtest.actual),
            remembered=remembered,
        )
        return self.fitted

    def complete(self) -> EnsembleForecaster:
        """Return the same members, learned again from all of the data as far as time allows.

        Those that count most come first.
        """
        members = list(self.fitted.members)
        for place in np.argsort(-self.fitted.weights.sum(0), kind="stable"):
            members[place] = self._completed(members[place])
        return EnsembleForecaster(
            members,
            self.fitted.weights,
            nonnegative=self.nonnegative,
            dependence=self.fitted.dependence,
        )

    def _completed(self, member: Member) -> Member:
        learner = self.learners[member.name]
        if not isinstance(learner, Completing):
            return member
        if learner.completing_share * self.spent[member.name].learning > self._left():
            title = ALGORITHMS[member.name].title
            self.problem.notes.append(
                f"{title} keeps what it learned without the latest values: no time was left."
            )
            return member
        return replace(member, forecaster=learner.complete())

    def _explain(self, weights: Array) -> None:
        """Note what was chosen and why."""
        notes, test = self.problem.notes, self.backtest
        size = float(np.nansum(np.abs(test.actual)))
        if not test.origins or not size:
            notes.append("No window to compare the members on: all count the same.")
            return
        order = np.argsort([loss(said, test.actual) for said in self.said])
        table = ", ".join(
            f"{self.members[at].name} {loss(self.said[at], test.actual) / size:.4f}" for at in order
        )
        together = loss(combined(self.said, weights[test.groups]), test.actual)
        notes.append(
            f"Weighted quantile loss on {len(test.origins)} windows: {table}; "
            f"together {together / size:.4f}. The latest windows count most."
        )
        for group, title in enumerate(("Steady series", "Intermittent series")):
            count = int((test.groups == group).sum())
            if count:
                shares = ", ".join(
                    f"{self.members[at].name} {weights[group, at]:.0%}"
                    for at in np.argsort(-weights[group])
                    if weights[group, at] > 0
                )
                notes.append(f"{title} ({count} windows) are forecast by {shares}.")
