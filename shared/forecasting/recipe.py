"""What is asked of the core and what it answers: recipes, scopes, epochs, forecasts."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.totals import Totals


@dataclass(frozen=True)
class Scope:
    """Which series are learned: a filter on id columns, summed to one series if `total`.

    A total of a level without keys is a series for each id: each product, summed over shops.
    """

    level: str = "global"
    keys: dict[str, str] = field(default_factory=dict)
    total: bool = False


@dataclass(frozen=True)
class Backtest:
    """Forecasts from several points in the past, the last of which ends where the data does.

    Args:
        windows: how many points.
        refit_every: learn anew before so many windows; 0 learns once, before the first.
        stride: steps from one point to the next; 0 is the horizon.
    """

    windows: int
    refit_every: int = 0
    stride: int = 0


@dataclass(frozen=True)
class Recipe:
    """An algorithm and how to fit it. `context_length` None lets the frequency choose.

    Args:
        validation: steps before the test that check the learning; None lets the length of the
            series choose.
        test: steps at the end of the data that nothing is learned from.
        holidays: country whose public holidays are a covariate, such as CN or DE-BY; none if empty.
        backtest: a report from models fitted in the past; without it, from the validation.
    """

    algorithm: str
    horizon: int
    context_length: int | None = None
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    validation: int | None = None
    test: int = 0
    backtest: Backtest | None = None
    holidays: str = ""


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


@dataclass(frozen=True)
class Written:
    """What a language model was told about a series, and what it wrote on its first path."""

    told: str
    wrote: str
    lowest: float  # what the lowest number among those told stands for
    step: float  # what one more adds to it
    factors: tuple[float, ...] | None = None  # of a correction: what it multiplied each step by
    left_out: int = 0  # values of the past that did not fit into what the model can read
    unknown: tuple[str, ...] = ()  # words of the text that the model reads all alike


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
    totals: list[dict[str, Totals]]  # of each series, by day, week and month
    texts: list[Written]  # of each series; none unless a language model wrote
