"""Models that earlier versions stored are opened by this one and forecast the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from shared.forecasting import ALGORITHMS, load
from tests.shared.forecasting.samples import filled, frame, panel_of
from tests.shared.forecasting.stored.make import EXPECTED, HERE, LEVELS

STORED = sorted(path.parent for path in HERE.glob(f"*/*/{EXPECTED}"))


@pytest.mark.parametrize("folder", STORED, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_stored_model_forecasts_as_it_did_then(folder: Path) -> None:
    model, expected = load(folder), json.loads((folder / EXPECTED).read_text())

    forecast = model.forecast(filled(panel_of(frame())), quantiles=LEVELS)

    np.testing.assert_allclose(forecast.mean, expected["mean"], rtol=2e-3, atol=2e-2)
    np.testing.assert_allclose(forecast.quantiles, expected["quantiles"], rtol=2e-3, atol=2e-2)
    np.testing.assert_allclose(forecast.total_quantiles, expected["total"], rtol=2e-3, atol=5e-2)


def test_every_family_of_the_first_version_is_stored() -> None:
    kept = {ALGORITHMS[folder.name].family for folder in STORED}

    families = {"statistical", "boosting", "network", "direct", "pretrained", "ensemble"}
    assert {*families, "language"} <= kept


def test_every_algorithm_of_the_first_version_is_stored() -> None:
    statistical = {"seasonal_naive", "ets", "theta", "croston"}
    networks = {"lstm", "tcn", "xlstm", "transformer", "kan", "nhits"}

    assert {*statistical, *networks, "lightgbm", "fracast", "auto"} <= {
        folder.name for folder in STORED if folder.parent.name == "0.1.0"
    }


def test_stored_models_stay_small() -> None:
    for folder in STORED:
        assert sum(file.stat().st_size for file in folder.iterdir()) < 150_000, folder
