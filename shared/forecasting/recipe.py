"""What is asked of the core and what it answers: recipes, scopes, epochs, forecasts."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scope:
    """Which series are learned: a filter on id columns, summed to one series if `total`."""

    level: str = "global"
    keys: dict[str, str] = field(default_factory=dict)
    total: bool = False


@dataclass(frozen=True)
class Recipe:
    """An algorithm and how to fit it. `context_length` None lets the frequency choose.

    Args:
        validation: steps before the test that check the learning; None lets the length of the
            series choose.
        test: steps at the end of the data that nothing is learned from.
    """

    algorithm: str
    horizon: int
    context_length: int | None = None
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    validation: int | None = None
    test: int = 0


@dataclass(frozen=True)
class Epoch:
    """One round over the training windows; a loss is None where the algorithm has none."""

    number: int
    total: int
    train_loss: float | None
    validation_loss: float | None
    best: bool
    seconds: float
    eta_seconds: float | None


@dataclass(frozen=True, eq=False)
class ForecastResult:
    """What a model says about the horizon: everything finite, series in the order asked for."""

    series: NDArray[np.int64]  # (series,) index in the panel
    start: NDArray[np.int64]  # (series,) period of the first step
    levels: tuple[float, ...]
    mean: NDArray[np.float64]  # (series, horizon)
    quantiles: NDArray[np.float64]  # (series, horizon, level)
    total_mean: NDArray[np.float64]  # (series,) sum over the horizon
    total_quantiles: NDArray[np.float64]  # (series, level)
