"""The pretrained family: nothing is learned here, the weights come with a package."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting import quantile_paths
from shared.forecasting.hyperparameters import Hyperparameters, checked
from shared.forecasting.manifest import Manifest
from shared.forecasting.metrics import DECILES
from shared.forecasting.panel import Index, Panel
from shared.forecasting.pretrained.asked import Asked, asked_of
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Algorithm, Family, Problem
from shared.forecasting.validation import actual_values, places

__all__ = ["PRETRAINED", "Asked", "Pretrained", "PretrainedForecaster"]

Array = NDArray[np.float64]

TOGETHER = 64


class Pretrained(Protocol):
    """What a pretrained algorithm writes."""

    context: int  # steps it can look at
    covariates: bool  # whether it reads any

    def __init__(self, hyperparameters: Any) -> None: ...

    def foretell(self, asked: Asked, horizon: int) -> Array:
        """Return deciles (series, horizon, 9).

        A value is NaN where it is missing, and before the series begins; what is asked about
        other series, and how much of such a beginning there is, must change nothing.
        """
        ...


class PretrainedForecaster:
    """A pretrained network; what is stored is only which one, with its options."""

    def __init__(
        self,
        algorithm: Algorithm,
        hyperparameters: Hyperparameters,
        dependence: float = quantile_paths.USUAL_DEPENDENCE,
    ) -> None:
        self.dependence = dependence
        self.network: Pretrained = algorithm.build(hyperparameters)

    def quantiles(self, panel: Panel, series: Index, starts: Index, horizon: int) -> Array:
        """Return the deciles of each step (series, horizon, 9), ascending."""
        longest = int((starts - panel.first[series]).max(initial=1))
        length = min(self.network.context, longest)
        out = np.empty((len(series), horizon, len(DECILES)))
        for at in range(0, len(series), TOGETHER):
            some = slice(at, at + TOGETHER)
            reads = self.network.covariates
            asked = asked_of(panel, series[some], starts[some], length, horizon, covariates=reads)
            out[some] = self.network.foretell(asked, horizon)
        return np.sort(out, axis=2)

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon), each series by itself."""
        quantiles = self.quantiles(panel, series, starts, horizon)
        return quantile_paths.draw(quantiles, self.dependence, panel.hashes[series], paths, seed)

    def state(self) -> dict[str, Tensor]:
        """Return nothing: the weights are the package's."""
        return {}

    def settings(self) -> dict[str, Any]:
        """Return how steps hang together."""
        return {"dependence": self.dependence}

    def write(self, folder: Path) -> list[Path]:
        """Write nothing."""
        return []


class PretrainedLearner:
    """One round that only looks at how the steps of the validation windows hang together."""

    def __init__(self, algorithm: Algorithm, problem: Problem) -> None:
        self.forecaster = PretrainedForecaster(algorithm, problem.hyperparameters)
        self.problem = problem

    def epochs(self) -> Iterator[Epoch]:
        """Yield the only epoch."""
        began = time.monotonic()
        problem = self.problem
        if problem.origins:
            series, starts = places(problem.panel, problem.origins)
            horizon = problem.recipe.horizon
            found = self.forecaster.quantiles(problem.panel, series, starts, horizon)
            actual = actual_values(problem.panel, series, starts, horizon)
            self.forecaster.dependence = quantile_paths.dependence(found, actual)
        yield Epoch(1, 1, None, None, True, time.monotonic() - began, 0.0)

    def finish(self) -> PretrainedForecaster:
        """Return the network."""
        return self.forecaster


class PretrainedFamily:
    """Networks that forecast series they have never seen."""

    name = "pretrained"

    def start(self, algorithm: Algorithm, problem: Problem) -> PretrainedLearner:
        """Load the weights."""
        return PretrainedLearner(algorithm, problem)

    def restore(
        self, algorithm: Algorithm, manifest: Manifest, state: dict[str, Tensor], folder: Path
    ) -> PretrainedForecaster:
        """Load the weights of the package; the manifest has the options."""
        options = checked(algorithm.hyperparameters, manifest.hyperparameters)
        return PretrainedForecaster(algorithm, options, float(manifest.settings["dependence"]))


PRETRAINED: Family = PretrainedFamily()
