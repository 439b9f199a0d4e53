"""Theta: Fiorucci et al., "Models for optimising the theta method" (2016)."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.packages import needs
from shared.forecasting.register import register
from shared.forecasting.statistical import STATISTICAL, Series
from shared.forecasting.statistical.exponential import Fit, paths

LEVEL, SLOPE = 0, 3  # places among the states


class ThetaHyperparameters(Hyperparameters):
    history: int = parameter(
        400,
        ge=8,
        le=100_000,
        title="History",
        title_zh="历史长度",
        text="At most so many of the latest values are fitted.",
        text_zh="最多使用最近多少个数值进行拟合。",
    )


@register(
    title="Theta",
    title_zh="Theta 方法",
    summary_zh="逐个序列：去季节后把趋势线与指数平滑结合，参数自动优化。",
    family=STATISTICAL,
    hyperparameters=ThetaHyperparameters,
    missing=needs("statsforecast"),
)
class Theta:
    """A trend line and exponential smoothing of each deseasonalised series, optimised together."""

    def __init__(self, hyperparameters: ThetaHyperparameters, seasons: tuple[int, ...]) -> None:
        from statsforecast.models import DynamicOptimizedTheta

        self.seasons, self.history = seasons, hyperparameters.history
        self.model = DynamicOptimizedTheta(season_length=1)

    def paths(self, history: Series, uniform: NDArray[np.float64]) -> Series:
        """Return sampled futures (paths, horizon)."""
        return paths(self._fit, history, self.seasons, uniform, self.history)

    def _fit(self, values: Series, horizon: int) -> Fit:
        """Return the fit, its line's share of each step as the slope.

        What fades within the first values of a series is left out of the past levels.
        """
        self.model.fit(values)
        found = self.model.model_
        mean = np.asarray(self.model.predict(horizon)["mean"], float)
        states = np.asarray(found["states"], float)[-len(values) :]
        share = 1 - 1 / float(found["par"]["theta"])
        slope = share * states[:, SLOPE]
        level = states[:, LEVEL] + slope * (1 / float(found["par"]["alpha"]) - 1)
        return Fit(mean, level, slope)
