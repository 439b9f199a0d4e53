"""The language family: models that read numbers as text and write the continuation."""

from shared.forecasting.language.family import LANGUAGE
from shared.forecasting.language.form import LanguageHyperparameters

__all__ = ["LANGUAGE", "LanguageHyperparameters"]
