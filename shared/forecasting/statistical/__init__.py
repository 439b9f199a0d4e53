"""The statistical family: nothing is learned beforehand, each forecast looks at its history."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting.hyperparameters import Hyperparameters, checked
from shared.forecasting.manifest import Manifest
from shared.forecasting.panel import Index, Panel
from shared.forecasting.randomness import uniforms
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Algorithm, Family, Problem
from shared.forecasting.statistical.gaps import Series, without_gaps

__all__ = ["STATISTICAL", "Series", "Statistic", "StatisticalForecaster", "without_gaps"]


class Statistic(Protocol):
    """What a statistical algorithm writes; it is told the lengths of all seasons in steps."""

    def __init__(self, hyperparameters: Any, seasons: tuple[int, ...]) -> None: ...

    def paths(self, history: Series, uniform: NDArray[np.float64]) -> Series:
        """Return sampled futures (paths, horizon).

        Args:
            history: the values before the forecast, NaN where missing, at least one observed.
            uniform: random numbers (paths, horizon), the only source of chance.
        """
        ...


class StatisticalForecaster:
    """An algorithm with its options; a stored one is nothing more."""

    def __init__(self, algorithm: Algorithm, hyperparameters: Hyperparameters) -> None:
        self.algorithm, self.hyperparameters = algorithm, hyperparameters

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon), each series by itself."""
        statistic = self.algorithm.build(self.hyperparameters, panel.clock.seasons)
        out = np.empty((len(series), paths, horizon), np.float32)
        hashes = torch.from_numpy(panel.hashes)
        for place, (one, start) in enumerate(zip(series, starts, strict=True)):
            drawn = uniforms(seed, hashes[one : one + 1], paths=paths, horizon=horizon, draws=1)
            uniform = drawn[:, 0, 0].T.double().numpy()  # (paths, horizon)
            history = panel.values(int(one), stop=int(start))
            out[place] = statistic.paths(history, uniform)
        return out

    def state(self) -> dict[str, Tensor]:
        """Return nothing: the options are in the manifest."""
        return {}

    def settings(self) -> dict[str, Any]:
        """Return nothing beyond the hyper-parameters."""
        return {}

    def write(self, folder: Path) -> list[Path]:
        """Write nothing."""
        return []


class StatisticalLearner:
    """One round in which nothing needs to be learned."""

    def __init__(self, algorithm: Algorithm, problem: Problem) -> None:
        self.forecaster = StatisticalForecaster(algorithm, problem.hyperparameters)

    def epochs(self) -> Iterator[Epoch]:
        """Yield the only epoch; it has no loss."""
        began = time.monotonic()
        yield Epoch(1, 1, None, None, True, time.monotonic() - began, 0.0)

    def finish(self) -> StatisticalForecaster:
        """Return the algorithm with its options."""
        return self.forecaster


class StatisticalFamily:
    """Algorithms that look at one series at a time, when a forecast is asked for."""

    name = "statistical"

    def start(self, algorithm: Algorithm, problem: Problem) -> StatisticalLearner:
        """Prepare the only epoch."""
        return StatisticalLearner(algorithm, problem)

    def restore(
        self, algorithm: Algorithm, manifest: Manifest, state: dict[str, Tensor], folder: Path
    ) -> StatisticalForecaster:
        """Rebuild from the hyper-parameters alone."""
        return StatisticalForecaster(
            algorithm, checked(algorithm.hyperparameters, manifest.hyperparameters)
        )


STATISTICAL: Family = StatisticalFamily()
