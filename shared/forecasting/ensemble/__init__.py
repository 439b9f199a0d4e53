"""The ensemble family: several algorithms at work on one problem, weighed by their backtest."""

from shared.forecasting.ensemble.family import ENSEMBLE
from shared.forecasting.ensemble.form import EnsembleHyperparameters

__all__ = ["ENSEMBLE", "EnsembleHyperparameters"]
