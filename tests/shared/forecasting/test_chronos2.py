"""Chronos-2 beside a package of the same interface, because the real one is installed apart.

What the package here accepts, and what it refuses, follows `chronos.Chronos2Pipeline`.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.forecasting import ALGORITHMS, FittedModel, Panel, Unavailable, load
from shared.forecasting.algorithms.chronos2 import VARIABLE
from tests.shared.forecasting.samples import HORIZON, filled, fit, frame, panel_of

PACKAGE = '''
from pathlib import Path
import numpy as np
import torch

ASKED = []


class Chronos2Pipeline:
    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, *args, **kwargs):
        assert (Path(pretrained_model_name_or_path) / "config.json").is_file()
        return cls()

    def predict_quantiles(self, inputs, prediction_length=None, quantile_levels=(0.1, 0.5, 0.9),
                          batch_size=256, context_length=None, cross_learning=False,
                          limit_prediction_length=False):
        """Repeat the mean of the last observed week, twice that in a promotion."""
        ASKED.append(inputs)
        keys = [sorted(one["past_covariates"]) for one in inputs]
        ahead = [sorted(one["future_covariates"]) for one in inputs]
        assert all(one == keys[0] for one in keys) and all(one == ahead[0] for one in ahead)
        assert set(ahead[0]) <= set(keys[0])
        quantiles = []
        for one in inputs:
            assert set(one) == {"target", "past_covariates", "future_covariates"}
            assert one["target"].ndim == 1
            for values in one["past_covariates"].values():
                assert values.shape == one["target"].shape
            for values in one["future_covariates"].values():
                assert values.shape == (prediction_length,)
            level = float(np.nanmean(one["target"][-7:]))
            factor = 1 + one["future_covariates"].get("promotion", np.zeros(prediction_length))
            spread = 0.5 + np.asarray(quantile_levels)
            quantiles.append(torch.tensor(level * factor[:, None] * spread)[None])
        return quantiles, [one[..., len(quantile_levels) // 2] for one in quantiles]
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site" / "chronos").mkdir(parents=True)
    (tmp_path / "site" / "chronos" / "__init__.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "chronos", raising=False)


@pytest.fixture
def weights(package: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_text("{}")
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


def why() -> str | None:
    return ALGORITHMS["chronos2"].unavailable()


def test_without_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chronos", None)
    monkeypatch.setattr(sys, "path", [])

    assert why() == "the package chronos-forecasting is not installed."


def test_without_weights_it_says_what_is_missing(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert why() is None

    (weights / "model.safetensors").unlink()
    assert why() == f"the folder that {VARIABLE} names holds no model.safetensors."
    monkeypatch.setenv(VARIABLE, str(weights / "elsewhere"))
    assert why() == f"the folder that {VARIABLE} names is not there."
    monkeypatch.delenv(VARIABLE)
    assert "such as amazon/chronos-2" in str(why())


def test_a_model_of_the_hub_is_there_online_and_offline_once_it_was_fetched(
    package: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    commit = "0" * 40
    cache = tmp_path / "cache" / "models--some--chronos"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv(VARIABLE, "some/chronos")
    assert why() is None

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "some/chronos was never fetched" in str(why())
    with pytest.raises(Unavailable, match="never fetched"):
        fit(panel_of(frame()), "chronos2")

    (cache / "snapshots" / commit).mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(commit)
    for name in ("config.json", "model.safetensors"):
        (cache / "snapshots" / commit / name).write_text("{}")
    assert why() is None
    assert np.isfinite(forecast(fit(panel_of(frame()), "chronos2"))).all()


def forecast(model: FittedModel) -> NDArray[np.float64]:
    return model.forecast(filled(panel_of(frame()))).quantiles


def day(panel: Panel, step: int, **known: object) -> dict[str, object]:
    """Return a future row of the first series."""
    date = panel.to_date(panel.end(0) + 1 + step).item()
    return {"store_id": "S0", "product_id": "P0", "date": date, **known}


def test_it_reads_what_was_and_what_is_known_of_the_future(weights: Path) -> None:
    panel = panel_of(frame())
    model = fit(panel, "chronos2")
    usual = [day(panel, step, promotion=0, price=10.0) for step in range(HORIZON)]
    promoted = [day(panel, 0, promotion=1, price=8.0), *usual[1:]]

    plain = model.forecast(panel.with_future(usual), series=[0])
    raised = model.forecast(panel.with_future(promoted), series=[0])

    assert raised.mean[0, 0] > 1.5 * plain.mean[0, 0]
    np.testing.assert_allclose(raised.mean[0, 1:], plain.mean[0, 1:])
    asked = sys.modules["chronos"].ASKED[-1][0]
    assert sorted(asked["past_covariates"]) == ["price", "promotion", "visitors"]
    assert sorted(asked["future_covariates"]) == ["price", "promotion"]
    np.testing.assert_array_equal(asked["past_covariates"]["visitors"], panel.past_values[:120, 0])
    np.testing.assert_array_equal(asked["target"], panel.target[:120])
    assert asked["future_covariates"]["price"].tolist() == [8.0] + [10.0] * (HORIZON - 1)


def test_texts_are_told_as_texts_and_one_never_seen_as_missing(weights: Path) -> None:
    data = frame()
    data["weather"] = np.where(data["promotion"], "sun", "rain")
    panel = panel_of(data, known=("weather",), past=())
    model = fit(panel, "chronos2")
    ahead = ["hail", *["sun", "rain"] * 3]

    rows = [day(panel, step, weather=weather) for step, weather in enumerate(ahead)]
    model.forecast(panel.with_future(rows), series=[0])

    asked = sys.modules["chronos"].ASKED[-1][0]
    assert asked["past_covariates"]["weather"].tolist() == data["weather"][:120].tolist()
    assert asked["future_covariates"]["weather"].tolist() == [None, *ahead[1:]]


def test_before_a_series_begins_everything_is_missing(weights: Path) -> None:
    data = frame()
    late = (data["store_id"] == "S1") & (data["date"] < data["date"][50])
    panel = panel_of(data[~late])

    fit(panel, "chronos2").forecast(filled(panel))

    asked = sys.modules["chronos"].ASKED[-1]
    assert np.isnan(asked[3]["target"][:50]).all()
    assert np.isnan(asked[3]["past_covariates"]["price"][:50]).all()
    assert np.isfinite(asked[3]["past_covariates"]["price"][50:]).all()


def test_a_stored_model_asks_the_same_weights(weights: Path, tmp_path: Path) -> None:
    model = fit(panel_of(frame()), "chronos2")
    model.save(tmp_path / "model")

    np.testing.assert_array_equal(forecast(load(tmp_path / "model")), forecast(model))
