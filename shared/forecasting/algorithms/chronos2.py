"""Chronos-2: Ansari et al., "Chronos-2: From Univariate to Universal Forecasting" (2025)."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.metrics import DECILES
from shared.forecasting.panel import Values
from shared.forecasting.pretrained import PRETRAINED
from shared.forecasting.register import register

VARIABLE = "SHELFCAST_CHRONOS2"


class Chronos2Hyperparameters(Hyperparameters):
    context: int = parameter(
        2048,
        ge=16,
        le=8192,
        title="Context",
        title_zh="上下文长度",
        text="At most this many steps of the past are looked at.",
        text_zh="最多参考过去的步数。",
    )


def missing() -> str | None:
    """Return what is not there: the package, or a folder with the weights."""
    if find_spec("chronos") is None:
        return "the package chronos-forecasting is not installed."
    folder = os.environ.get(VARIABLE, "").strip()
    if not folder:
        return f"{VARIABLE} names no folder with the weights (config.json, model.safetensors)."
    if not (Path(folder) / "model.safetensors").is_file():
        return f"the folder that {VARIABLE} names holds no model.safetensors."
    return None


@register(
    title="Chronos-2 (pretrained)",
    title_zh="Chronos-2 预训练模型",
    summary_zh="大型预训练模型，需要另行安装软件包并提供权重文件夹；此处不使用协变量。",
    family=PRETRAINED,
    hyperparameters=Chronos2Hyperparameters,
    missing=missing,
)
class Chronos2:
    """A large pretrained network whose package and weights are installed apart."""

    def __init__(self, hyperparameters: Chronos2Hyperparameters) -> None:
        from chronos import Chronos2Pipeline

        self.context = hyperparameters.context
        self.pipeline = Chronos2Pipeline.from_pretrained(os.environ[VARIABLE])

    def foretell(self, context: Values, horizon: int) -> NDArray[np.float64]:
        """Return deciles (series, horizon, 9)."""
        found, _ = self.pipeline.predict_quantiles(
            [row[None] for row in context],
            prediction_length=horizon,
            quantile_levels=list(DECILES),
        )
        return np.stack([one[0].float().cpu().numpy() for one in found]).astype(np.float64)
