"""Chronos-2: Ansari et al., "Chronos-2: From Univariate to Universal Forecasting" (2025)."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.errors import Unavailable
from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.metrics import DECILES
from shared.forecasting.pretrained import PRETRAINED, Asked
from shared.forecasting.register import register

VARIABLE = "SHELFCAST_CHRONOS2"
FILES = ("config.json", "model.safetensors")
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


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
    """Return what is not there: the package, or the weights."""
    if find_spec("chronos") is None:
        return "the package chronos-forecasting is not installed."
    named = os.environ.get(VARIABLE, "").strip()
    if not named:
        return (
            f"{VARIABLE} names neither a folder with the weights ({', '.join(FILES)}) nor a model "
            "of the hub, such as amazon/chronos-2."
        )
    if Path(named).is_dir():
        lacking = [name for name in FILES if not (Path(named) / name).is_file()]
        return f"the folder that {VARIABLE} names holds no {lacking[0]}." if lacking else None
    if not HUB_NAME.fullmatch(named):
        return f"the folder that {VARIABLE} names is not there."
    return _missing_at_hub(named)


def _missing_at_hub(name: str) -> str | None:
    """Return why a model of the hub cannot be had; one that is not fetched yet can, online."""
    from huggingface_hub import constants, try_to_load_from_cache

    if not constants.HF_HUB_OFFLINE:
        return None
    if all(isinstance(try_to_load_from_cache(name, file), str) for file in FILES):
        return None
    return f"{name} was never fetched, and the hub must not be asked (HF_HUB_OFFLINE)."


def _folder(named: str) -> Path:
    """Return the folder with the weights; those of the hub are fetched once, without pickles."""
    if Path(named).is_dir():
        return Path(named)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(named, allow_patterns=["*.json", "*.safetensors"]))
    except Exception as error:  # the hub's client raises errors of many libraries
        raise Unavailable(f"{named} cannot be fetched: {error}", field="/algorithm") from error


@register(
    title="Chronos-2 (pretrained)",
    title_zh="Chronos-2 预训练模型",
    summary_zh="大型预训练模型，会使用过去与未来已知的协变量；需要另行安装软件包并提供权重。",
    family=PRETRAINED,
    hyperparameters=Chronos2Hyperparameters,
    missing=missing,
)
class Chronos2:
    """A large pretrained network that reads covariates; installed apart, with its weights."""

    covariates = True

    def __init__(self, hyperparameters: Chronos2Hyperparameters) -> None:
        from chronos import Chronos2Pipeline

        self.context = hyperparameters.context
        self.pipeline = Chronos2Pipeline.from_pretrained(_folder(os.environ[VARIABLE].strip()))

    def foretell(self, asked: Asked, horizon: int) -> NDArray[np.float64]:
        """Return deciles (series, horizon, 9)."""
        inputs = [
            {
                "target": row,
                "past_covariates": {name: part[place] for name, part in asked.past.items()},
                "future_covariates": {name: part[place] for name, part in asked.future.items()},
            }
            for place, row in enumerate(asked.target)
        ]
        found, _ = self.pipeline.predict_quantiles(
            inputs,
            prediction_length=horizon,
            quantile_levels=list(DECILES),
            context_length=self.context,
        )
        return np.stack([one[0].float().cpu().numpy() for one in found]).astype(np.float64)
