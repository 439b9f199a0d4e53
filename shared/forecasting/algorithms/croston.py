"""Croston's method in Teunter, Syntetos and Babai's form (2011), for intermittent series."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.register import register
from shared.forecasting.statistical import STATISTICAL, Series, without_gaps
from shared.forecasting.statistical.seasons import Seasons, seasons_of


class CrostonHyperparameters(Hyperparameters):
    smoothing: float = parameter(
        0.1,
        ge=0.01,
        le=1.0,
        title="Smoothing",
        title_zh="平滑系数",
        text="How quickly the share of days with demand, and its size, follow new values.",
        text_zh="有需求的时期占比及需求量跟随新数据的速度。",
    )
    sizes: int = parameter(
        50,
        ge=1,
        le=10_000,
        title="Remembered demands",
        title_zh="需求样本数",
        text="How many of the latest demands say how much demands differ.",
        text_zh="用最近多少次需求来估计需求量的波动。",
    )


@register(
    title="Croston (TSB)",
    title_zh="Croston 间断需求法（TSB）",
    summary_zh="适合间断需求：分别平滑需求出现的概率与需求量。",
    family=STATISTICAL,
    hyperparameters=CrostonHyperparameters,
)
class Croston:
    """For intermittent demand: smooths how often demand comes and how large it is."""

    def __init__(self, hyperparameters: CrostonHyperparameters, seasons: tuple[int, ...]) -> None:
        self.smoothing, self.remembered = hyperparameters.smoothing, hyperparameters.sizes
        self.seasons = seasons

    def paths(self, history: Series, uniform: NDArray[np.float64]) -> Series:
        """Return zeros and sizes of past demands, at the smoothed level and in season."""
        found = self._seasons(history)
        seen = found.without(history)
        seen = seen[~np.isnan(seen)]
        demand = seen[seen != 0]
        if not len(demand):
            return np.zeros_like(uniform)
        chance = _smoothed((seen != 0).astype(float), self.smoothing)
        recent = np.sort(demand[-self.remembered :])
        mean = float(recent.mean())
        level = _smoothed(demand, self.smoothing)
        sizes = recent * (level / mean) if level * mean > 0 else recent
        comes = uniform >= 1 - chance
        place = np.clip((uniform - (1 - chance)) / max(chance, 1e-12), 0, 1 - 1e-9)
        drawn = sizes[(place * len(sizes)).astype(np.int64)]
        return found.put_back(np.where(comes, drawn, 0.0), len(history))

    def _seasons(self, history: Series) -> Seasons:
        """Return factors, which leave a zero a zero; no season where values are negative."""
        if bool((history < 0).any()):
            return Seasons(multiplicative=True, profiles=())
        return seasons_of(without_gaps(history, self.seasons[0]), self.seasons)


def _smoothed(values: Series, share: float) -> float:
    """Return the exponentially smoothed level, begun at the mean of the first few values."""
    level = float(values[:10].mean())
    for value in values[10:]:
        level += share * (value - level)
    return level
