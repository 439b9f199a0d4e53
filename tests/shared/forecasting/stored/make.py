"""`python -m tests.shared.forecasting.stored.make` stores a model of each algorithm for ever.

Each version of the program adds a folder; one that is there is never written again, so that the
tests show that later versions open it and forecast the same.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from shared.forecasting import ALGORITHMS
from shared.forecasting.algorithms.auto import Auto
from shared.forecasting.ensemble.portfolio import Candidate
from shared.forecasting.made import code_version
from tests.shared.forecasting.samples import filled, fit, frame, panel_of

HERE = Path(__file__).parent
NAMES = (
    *("seasonal_naive", "ets", "theta", "croston"),
    *("lstm", "tcn", "xlstm", "transformer", "kan", "nhits"),
    *("lightgbm", "fracast", "auto", "qwen"),
)
SMALL: dict[str, Any] = {"hidden_size": 8, "time_limit": 5, "max_epochs": 1}
EXPECTED = "expected.json"
LEVELS = (0.1, 0.5, 0.9)


def few(self: Auto) -> list[Candidate]:
    """Return members whose files stay small."""
    return [
        Candidate("seasonal_naive", 0.2, {}, learns=False),
        Candidate("lightgbm", 0.8, {"trees": 6, "rows": 2000, "leaves": 4}),
    ]


def main() -> None:
    """Fit, save and forecast one small model of each algorithm."""
    Auto.candidates = few  # type: ignore[method-assign]
    panel = panel_of(frame())
    for name in NAMES:
        folder = HERE / code_version() / name
        if folder.exists():
            continue
        known = ALGORITHMS[name].hyperparameters.model_fields
        model = fit(panel, name, **{key: value for key, value in SMALL.items() if key in known})
        model.save(folder)
        forecast = model.forecast(filled(panel), quantiles=LEVELS)
        expected = {
            "mean": np.round(forecast.mean, 4).tolist(),
            "quantiles": np.round(forecast.quantiles, 4).tolist(),
            "total": np.round(forecast.total_quantiles, 4).tolist(),
        }
        (folder / EXPECTED).write_text(json.dumps(expected))


if __name__ == "__main__":
    main()
