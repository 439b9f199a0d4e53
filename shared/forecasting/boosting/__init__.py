"""The boosting family: an algorithm names a library's parameters, the rest is shared."""

from shared.forecasting.boosting.family import BOOSTING
from shared.forecasting.boosting.form import BoostingHyperparameters

__all__ = ["BOOSTING", "BoostingHyperparameters"]
