"""Seasonal naive: the yardstick that every other algorithm must beat."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.register import register
from shared.forecasting.statistical import STATISTICAL, Series, without_gaps


class SeasonalNaiveHyperparameters(Hyperparameters):
    season: int = parameter(
        0,
        ge=0,
        le=10_000,
        title="Season",
        title_zh="季节长度",
        text="Steps after which the pattern repeats; 0 takes the usual one of the frequency.",
        text_zh="规律重复的步数；0 表示采用该频率的常用值。",
    )
    residuals: int = parameter(
        365,
        ge=1,
        le=100_000,
        title="Remembered errors",
        title_zh="误差样本数",
        text="How many of the latest seasonal differences make the interval.",
        text_zh="用最近多少个季节差分来估计区间。",
    )


@register(
    title="Seasonal naive",
    title_zh="季节性朴素预测",
    summary_zh="重复上一个季节的数值；无需训练，是衡量其他算法的基准。",
    family=STATISTICAL,
    hyperparameters=SeasonalNaiveHyperparameters,
)
class SeasonalNaive:
    """Repeats the last season; needs no training and is the yardstick for the others."""

    def __init__(
        self, hyperparameters: SeasonalNaiveHyperparameters, seasons: tuple[int, ...]
    ) -> None:
        self.season = hyperparameters.season or seasons[0]
        self.remembered = hyperparameters.residuals

    def paths(self, history: Series, uniform: NDArray[np.float64]) -> Series:
        """Return the last season plus errors of the past, which add up from season to season."""
        season = self.season if len(history) > self.season else 1
        filled = without_gaps(history, season)
        differences = (history[season:] - history[:-season])[-self.remembered :]
        differences = differences[~np.isnan(differences)]
        if not len(differences):
            differences = np.zeros(1)
        pool = np.sort(np.concatenate([differences, -differences]))  # the median stays the value
        errors = pool[(uniform * len(pool)).astype(np.int64)]  # (paths, horizon)
        out = np.empty_like(errors)
        last = filled[-season:]
        for step in range(errors.shape[1]):
            base = last[step] if step < season else out[:, step - season]
            out[:, step] = base + errors[:, step]
        return out
