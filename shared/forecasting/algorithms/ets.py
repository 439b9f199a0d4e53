"""ETS: Hyndman et al., "A state space framework for automatic forecasting" (2002)."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.packages import needs
from shared.forecasting.register import register
from shared.forecasting.statistical import STATISTICAL, Series
from shared.forecasting.statistical.exponential import Fit, paths

DAMPING = 3  # its place among the parameters


class ETSHyperparameters(Hyperparameters):
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
    title="Exponential smoothing (ETS)",
    title_zh="指数平滑（ETS）",
    summary_zh="逐个序列去掉季节后做指数平滑，趋势形式自动选择，再还原季节。",
    family=STATISTICAL,
    hyperparameters=ETSHyperparameters,
    missing=needs("statsforecast"),
)
class ETS:
    """Exponential smoothing of each series by itself, without its seasons, its trend chosen."""

    def __init__(self, hyperparameters: ETSHyperparameters, seasons: tuple[int, ...]) -> None:
        from statsforecast.models import AutoETS

        self.seasons, self.history = seasons, hyperparameters.history
        self.model = AutoETS(season_length=1, model="AZN")

    def paths(self, history: Series, uniform: NDArray[np.float64]) -> Series:
        """Return sampled futures (paths, horizon)."""
        return paths(self._fit, history, self.seasons, uniform, self.history)

    def _fit(self, values: Series, horizon: int) -> Fit:
        self.model.fit(values)
        found = self.model.model_
        mean = np.asarray(self.model.predict(horizon)["mean"], float)
        states = np.asarray(found["states"], float)[1:]  # the first was before any value
        if found["components"][1] == "N":
            return Fit(mean, states[:, 0], np.zeros(len(values)))
        damping = float(found["par"][DAMPING])
        return Fit(mean, states[:, 0], states[:, 1], 1.0 if np.isnan(damping) else damping)
