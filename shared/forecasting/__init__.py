"""The forecasting core: arrays in, arrays out; no web, no database, no queue.

panel = Panel.from_arrow(table, ids=["store"], date="date", target="sales", frequency="D")
fitting = Fitting(panel, Recipe("lstm", horizon=28))
for epoch in fitting.epochs(): ...
forecast = fitting.finish().forecast(panel)
"""

from shared.forecasting.algorithms import discover
from shared.forecasting.artifact import load
from shared.forecasting.devices import best_device
from shared.forecasting.errors import (
    Diverged,
    EmptyScope,
    ForecastingError,
    Invalid,
    InvalidArtifact,
    InvalidFuture,
    InvalidPanel,
    MissingFuture,
    NotEnoughData,
    NotEnoughMemory,
    SeriesNotFound,
    Unavailable,
    UnknownAlgorithm,
)
from shared.forecasting.fitted import FittedModel
from shared.forecasting.fitting import Fitting
from shared.forecasting.future import Gap
from shared.forecasting.listing import catalogue
from shared.forecasting.made import surroundings
from shared.forecasting.manifest import Manifest
from shared.forecasting.marks import Mark, marks
from shared.forecasting.pace import Pace
from shared.forecasting.panel import Panel
from shared.forecasting.recipe import Backtest, Epoch, ForecastResult, Recipe, Scope, Written
from shared.forecasting.register import ALGORITHMS, Algorithm
from shared.forecasting.totals import Totals

discover()

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Backtest",
    "Diverged",
    "EmptyScope",
    "Epoch",
    "FittedModel",
    "Fitting",
    "ForecastResult",
    "ForecastingError",
    "Gap",
    "Invalid",
    "InvalidArtifact",
    "InvalidFuture",
    "InvalidPanel",
    "Manifest",
    "Mark",
    "MissingFuture",
    "NotEnoughData",
    "NotEnoughMemory",
    "Pace",
    "Panel",
    "Recipe",
    "Scope",
    "SeriesNotFound",
    "Totals",
    "Unavailable",
    "UnknownAlgorithm",
    "Written",
    "best_device",
    "catalogue",
    "load",
    "marks",
    "surroundings",
]
