"""Fracast-0: a small convolutional network trained on public series, shipped with its weights."""

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.packages import needs
from shared.forecasting.panel import Values
from shared.forecasting.pretrained import PRETRAINED, Asked
from shared.forecasting.register import register

LONGEST = 2040  # its 2,048 steps, less the values that are put before a short series
TOGETHER = 2  # series from which on the last bits of one do not hang on how many there are
FEWEST = 8  # observed values that the network asks for


class FracastHyperparameters(Hyperparameters):
    context: int = parameter(
        LONGEST,
        ge=16,
        le=LONGEST,
        title="Context",
        title_zh="上下文长度",
        text="At most this many steps of the past are looked at.",
        text_zh="最多参考过去的步数。",
    )


@register(
    title="Fracast (pretrained)",
    title_zh="Fracast 预训练模型",
    summary_zh="自带权重的小型预训练网络：无需训练、离线即可预测；不使用协变量。",
    family=PRETRAINED,
    hyperparameters=FracastHyperparameters,
    missing=needs("fracast"),
)
class Fracast:
    """A small pretrained network: forecasts without training and offline, without covariates."""

    covariates = False

    def __init__(self, hyperparameters: FracastHyperparameters) -> None:
        from fracast import FracastModel

        self.context = hyperparameters.context
        self.network = FracastModel.from_pretrained(weights="fp32")

    def foretell(self, asked: Asked, horizon: int) -> NDArray[np.float64]:
        """Return deciles (series, horizon, 9); a series too short for it repeats its values."""
        enough = np.stack([_enough(row) for row in asked.target])
        count = max(TOGETHER, len(enough))
        repeated = np.resize(enough, (count, enough.shape[1]))
        found: NDArray[np.float64] = self.network.forecast_batch(repeated, horizon=horizon)
        return found[: len(enough)]


def _enough(row: Values) -> Values:
    """Return the latest values, with what was observed repeated before them if it is too little."""
    seen = row[~np.isnan(row)]
    if len(seen) >= FEWEST:
        return np.concatenate([np.full(FEWEST, np.nan, np.float32), row])
    repeated = np.tile(seen if len(seen) else np.zeros(1, np.float32), FEWEST)[:FEWEST]
    return np.concatenate([repeated, row])
