"""The direct family: networks that answer the whole horizon at once, as deciles."""

from shared.forecasting.direct.body import Look
from shared.forecasting.direct.family import DIRECT
from shared.forecasting.direct.form import DirectHyperparameters

__all__ = ["DIRECT", "DirectHyperparameters", "Look"]
