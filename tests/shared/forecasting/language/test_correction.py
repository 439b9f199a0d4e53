"""Correcting: a language model multiplies the best numeric forecast, within a bound."""

from pathlib import Path

import numpy as np
import pytest
import torch

from shared.forecasting import FittedModel, Fitting, Invalid, Panel, Recipe, load
from shared.forecasting.language.base import TINY, find
from shared.forecasting.language.base import load as load_base
from shared.forecasting.language.corrector import CorrectionForecaster, Corrector
from shared.forecasting.language.prompts import Manner
from shared.forecasting.language.templates import words
from shared.forecasting.language.text import read
from tests.shared.forecasting.language.bases import checkpoint
from tests.shared.forecasting.samples import (
    HORIZON,
    filled,
    fit,
    frame,
    panel_of,
    quick,
    series_panel,
)


@pytest.fixture(scope="module")
def corrected(panel: Panel) -> FittedModel:
    return fit(panel, "qwen", mode="correct", numeric="seasonal_naive", bound=1.4)


def forecaster_of(model: FittedModel) -> CorrectionForecaster:
    assert isinstance(model.forecaster, CorrectionForecaster)
    return model.forecaster


def starts(panel: Panel) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([panel.end(one) + 1 for one in range(len(panel))])


def test_every_path_is_the_numeric_one_times_a_bounded_factor(
    corrected: FittedModel, panel: Panel
) -> None:
    model, ready = forecaster_of(corrected), filled(panel)
    asked = (ready, np.arange(4), starts(panel), HORIZON, 30, 0)

    drawn, numeric = model.draw(*asked), model.numeric.draw(*asked)

    factor = drawn.sum(1) / numeric.sum(1)
    assert (factor <= 1.4001).all()
    assert (factor >= 0.9999 / 1.4).all()
    assert factor.std() > 0
    np.testing.assert_allclose(drawn, numeric * factor[:, None], rtol=1e-3, atol=1e-4)


def test_the_note_and_the_forecast_are_in_the_text(corrected: FittedModel, panel: Panel) -> None:
    ready = filled(panel).changed(note="flu season starts early")

    text = corrected.forecast(ready, series=[0]).texts[0]

    assert "Note: flu season starts early" in text.told
    assert " Forecast: " in text.told
    assert text.told.endswith(" Correction:")


def test_the_factors_that_were_applied_are_in_the_text(
    corrected: FittedModel, panel: Panel
) -> None:
    ready, model = filled(panel), forecaster_of(corrected)
    asked = (ready, np.arange(4), starts(panel), HORIZON, 30, 0)

    drawn, texts = model.tell(*asked)

    numeric = model.numeric.draw(*asked)
    factors = np.array([text.factors for text in texts])
    np.testing.assert_allclose(drawn, numeric * factors[:, None], rtol=1e-5)
    assert len(read(texts[0].wrote, 2)) == HORIZON


def test_values_below_zero_cannot_be_corrected_by_a_factor() -> None:
    panel = series_panel(np.arange(60.0) - 5)

    with pytest.raises(Invalid, match="A correction multiplies") as refused:
        Fitting(panel, Recipe("qwen", HORIZON, hyperparameters={"mode": "correct"}))

    assert refused.value.field == "/hyperparameters/mode"


def test_the_context_is_cut_for_each_header_where_the_base_reads_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFCAST_QWEN_BASES", str(tmp_path))
    checkpoint(tmp_path / "short", max_position_embeddings=128)
    data = frame(stores=1, products=1)
    data.loc[60:, ["promotion", "price"]] = [False, 10.0]  # nothing to tell while it is trained
    panel = panel_of(data, past=(), static=())
    model = fit(panel, "qwen", mode="correct", numeric="seasonal_naive", base="short", told=60)
    rows = [
        {"store_id": "S0", "product_id": "P0", "date": day, "promotion": one % 2, "price": 9 - one}
        for one, day in enumerate(panel.dates(0, panel.end(0) + 1, panel.end(0) + 8).tolist())
    ]

    plain = model.forecast(filled(panel)).texts[0]
    longer = model.forecast(panel.with_future(rows)).texts[0]

    assert "promotion ahead: 0909090." in longer.told
    assert longer.left_out > plain.left_out


def test_a_stored_correction_gives_the_identical_forecast(
    corrected: FittedModel, panel: Panel, tmp_path: Path
) -> None:
    corrected.save(tmp_path)

    again = load(tmp_path).forecast(filled(panel))

    np.testing.assert_array_equal(again.quantiles, corrected.forecast(filled(panel)).quantiles)


def test_auto_says_which_algorithm_it_corrects_and_is_measured_like_all() -> None:
    panel = panel_of(frame(stores=1, products=1, days=80))

    asked = quick("qwen", mode="correct", numeric="auto", learning_rate=0.1)  # learns badly
    fitting = Fitting(panel, Recipe("qwen", HORIZON, hyperparameters=asked))
    epochs = list(fitting.epochs())
    model = fitting.finish()

    assert any(note.startswith("Corrects ") for note in model.manifest.notes)
    own, before = model.metrics["wql"], model.metrics["wql_uncorrected"]
    assert own is not None
    assert before is not None
    assert own != before
    said = any("The correction did harm" in note for note in model.manifest.notes)
    assert said == (own > before)
    # one can stop after each numeric algorithm, after its last fit, and after each epoch
    assert [epoch.number for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert [epoch.validation_loss is None for epoch in epochs] == [True] * 5 + [False] * 2
    assert {epoch.total for epoch in epochs} == {7}


def test_the_right_correction_makes_the_right_forecast() -> None:
    _, vocabulary = load_base(find(TINY), torch.device("cpu"))
    corrector = Corrector(Manner(words("en"), "retail", 2, 9, True, ""), vocabulary, 2.0, 2048)
    forecast, actual = np.array([[10.0, 10, 10, 10]]), np.array([[10.0, 14, 0, np.nan]])

    codes = corrector.codes(forecast, actual, np.array([1e-6]))

    assert codes[0, 0] == corrector.middle
    assert codes[0, 3] == -1
    np.testing.assert_allclose(corrector.factors(codes)[0, :3], [1, 1.4, 0.5], rtol=0.02)
