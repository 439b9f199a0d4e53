"""ETS: Hyndman et al., "A state space framework for automatic forecasting" (2002)."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.packages import needs
from shared.forecasting.register import register
from shared.forecasting.statistical import STATISTICAL, Series
from shared.forecasting.statistical.exponential import paths

LONGEST_SEASON = 24  # the method keeps one state per step of a season


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
    summary_zh="逐个序列自动选择误差、趋势和季节形式的指数平滑。",
    family=STATISTICAL,
    hyperparameters=ETSHyperparameters,
    missing=needs("statsforecast"),
)
class ETS:
    """Exponential smoothing of each series by itself, with error, trend and season chosen."""

    def __init__(self, hyperparameters: ETSHyperparameters, season: int) -> None:
        from statsforecast.models import AutoETS

        self.season, self.history = season, hyperparameters.history
        length = season if season <= LONGEST_SEASON else 1
        self.model = AutoETS(season_length=length, model=_form(length))

    def paths(self, history: Series, uniform: NDArray[np.float64]) -> Series:
        """Return sampled futures (paths, horizon)."""
        return paths(self.model, history, self.season, uniform, self.history)


def _form(season: int) -> str:
    """Return which error, trend and season may be chosen: fewer where each costs more."""
    if season == 1:
        return "ZZN"
    return "ZZA" if season <= 12 else "ZNA"
