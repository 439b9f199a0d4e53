"""Theta: Fiorucci et al., "Models for optimising the theta method" (2016)."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.packages import needs
from shared.forecasting.register import register
from shared.forecasting.statistical import STATISTICAL, Series
from shared.forecasting.statistical.exponential import paths


class ThetaHyperparameters(Hyperparameters):
    history: int = parameter(
        730,
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

    def __init__(self, hyperparameters: ThetaHyperparameters, season: int) -> None:
        from statsforecast.models import DynamicOptimizedTheta

        self.season, self.history = season, hyperparameters.history
        self.model = DynamicOptimizedTheta(season_length=season)

    def paths(self, history: Series, uniform: NDArray[np.float64]) -> Series:
        """Return sampled futures (paths, horizon)."""
        return paths(self.model, history, self.season, uniform, self.history)
