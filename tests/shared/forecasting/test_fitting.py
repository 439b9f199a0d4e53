from typing import Any

import numpy as np
import pytest

from shared.forecasting import (
    EmptyScope,
    Fitting,
    ForecastingError,
    Invalid,
    NotEnoughData,
    Panel,
    Recipe,
    Scope,
    UnknownAlgorithm,
)
from tests.shared.forecasting.samples import filled, fit, frame, panel_of, quick, series_panel


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"algorithm": "magic"}, "/algorithm", "no algorithm 'magic'"),
        ({"horizon": 0}, "/horizon", "1 to 10000"),
        ({"horizon": 117}, "/horizon", "at most 116"),
        ({"context_length": 0}, "/context_length", "1 to 113"),
        ({"context_length": 114}, "/context_length", "1 to 113"),
        ({"hyperparameters": {"hidden_size": 1}}, "/hyperparameters/hidden_size", "hidden_size"),
        ({"hyperparameters": {"head": "magic"}}, "/hyperparameters/head", "head"),
        ({"hyperparameters": {"layers": 1.5}}, "/hyperparameters/layers", "layers"),
        (
            {"hyperparameters": {"learning_rate": float("nan")}},
            "/hyperparameters/learning_rate",
            "finite",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_at_its_field(
    panel: Panel, change: dict[str, Any], field: str, words: str
) -> None:
    asked: dict[str, Any] = {"algorithm": "lstm", "horizon": 7, **change}

    with pytest.raises(Invalid, match=words) as refused:
        Fitting(panel, Recipe(**asked))

    assert refused.value.field == field


def test_an_unknown_algorithm_and_an_empty_scope_have_errors_of_their_own(panel: Panel) -> None:
    with pytest.raises(UnknownAlgorithm):
        Fitting(panel, Recipe("magic", 7))
    with pytest.raises(EmptyScope):
        Fitting(panel, Recipe("lstm", 7), Scope("product", {"product_id": "P9"}))


def test_one_observation_is_refused_with_what_it_would_take() -> None:
    with pytest.raises(NotEnoughData, match=r"has 1 values.*at least 5") as refused:
        Fitting(series_panel([5.0]), Recipe("lstm", 1))

    assert refused.value.field == "/horizon"


def test_series_without_any_value_are_refused() -> None:
    with pytest.raises(NotEnoughData, match="no values at all"):
        Fitting(series_panel([np.nan] * 30), Recipe("lstm", 1))


def test_a_series_without_values_is_left_out_and_named() -> None:
    data = frame()
    data.loc[data["store_id"].eq("S1") & data["product_id"].eq("P0"), "sales"] = np.nan

    fitting = Fitting(panel_of(data), Recipe("seasonal_naive", 7))

    assert len(fitting.panel) == 3
    assert any("1 of 4 series left out" in note and "S1 P0" in note for note in fitting.notes)
    assert [(one.keys, one.reason) for one in fitting.left_out] == [
        ({"store_id": "S1", "product_id": "P0"}, "no_values")
    ]


def test_every_series_that_is_left_out_is_listed_in_the_manifest_and_the_report() -> None:
    data = frame(stores=3, products=4)
    gone = data["store_id"].eq("S1") | data["product_id"].eq("P3")
    data.loc[gone, "sales"] = np.nan

    model = fit(panel_of(data), "seasonal_naive")

    assert len(model.manifest.left_out) == 6
    assert {one.reason for one in model.manifest.left_out} == {"no_values"}
    assert model.evaluation is not None
    assert model.evaluation[0].left_out == model.manifest.left_out
    assert any(note.endswith("S1 P3 and 1 more.") for note in model.manifest.notes)


def test_why_a_series_is_not_checked_is_said_for_each() -> None:
    data = frame(stores=5, products=1)
    days = (data["date"] - data["date"].min()).dt.days
    held, end = 14, 120
    gone = data["store_id"].eq("S0") & (days >= end - held - 20)  # ended long before
    gone |= data["store_id"].eq("S1") & (days >= end - held + 3)  # ends within the validation
    gone |= data["store_id"].eq("S2") & (days < end - held + 2)  # begins within it
    gone |= data["store_id"].eq("S3") & (days < end - held - 2)  # begins just before it

    recipe = Recipe("seasonal_naive", 7, validation=held)
    fitting = Fitting(panel_of(data[~gone]), recipe)

    assert {one.keys["store_id"]: one.reason for one in fitting.left_out} == {
        "S0": "ends_early",
        "S1": "ends_early",
        "S2": "begins_late",
        "S3": "too_short",
    }
    assert {series for series, _ in fitting.holdout.origins} == {4}
    assert any("2 of 5 series end before a whole horizon" in note for note in fitting.notes)


def test_short_series_are_learned_from_and_said_to_be_unchecked() -> None:
    data = frame()
    late = data["store_id"].eq("S1") & (data["date"] < data["date"].max() - np.timedelta64(5, "D"))
    panel = panel_of(data[~late])

    fitting = Fitting(panel, Recipe("lstm", 7, None, quick("lstm")))
    list(fitting.epochs())
    model = fitting.finish()

    assert any("2 of 4 series are too short to check" in note for note in fitting.notes)
    assert {one.reason for one in fitting.left_out} == {"too_short"}
    assert np.isfinite(model.forecast(filled(panel)).quantiles).all()


def test_a_count_head_refuses_negative_values() -> None:
    panel = series_panel(np.arange(40.0) - 3)

    with pytest.raises(Invalid, match="takes no negative values, but the lowest is -3") as refused:
        fit(panel, "lstm", head="negative_binomial")

    assert refused.value.field == "/hyperparameters/head"


@pytest.mark.parametrize(
    ("values", "head"),
    [
        (np.arange(60.0) % 7, "negative_binomial"),
        (np.where(np.arange(60) % 3, 0, 2.5), "tweedie"),
        (5.5 + np.arange(60.0), "student_t"),
        (np.arange(60.0) - 30, "student_t"),
    ],
)
def test_the_head_follows_the_data(values: np.ndarray[Any, Any], head: str) -> None:
    assert fit(series_panel(values), "lstm").manifest.heads == (head,)


def test_the_caller_stops_by_leaving_the_loop(panel: Panel) -> None:
    fitting = Fitting(panel, Recipe("lstm", 7, None, quick("lstm", max_epochs=50)))

    for epoch in fitting.epochs():
        if epoch.number == 2:
            break
    model = fitting.finish()

    assert epoch.total == 50
    assert epoch.eta_seconds is not None
    assert model.metrics["wql"] is not None


def test_nothing_learned_is_nothing_to_finish(panel: Panel) -> None:
    fitting = Fitting(panel, Recipe("lstm", 7, None, quick("lstm")))

    with pytest.raises(ForecastingError, match="Nothing was learned"):
        fitting.finish()


def test_learning_stops_when_it_no_longer_improves(panel: Panel) -> None:
    fitting = Fitting(
        panel, Recipe("lstm", 7, None, quick("lstm", max_epochs=60, patience=1, learning_rate=0.1))
    )

    epochs = list(fitting.epochs())

    assert len(epochs) < 60
    assert any("no improvement" in note for note in fitting.notes)


def test_the_weights_do_not_hang_on_what_the_caller_does_in_between(panel: Panel) -> None:
    import torch

    quiet = fit(panel, "lstm")
    fitting = Fitting(panel, Recipe("lstm", 7, None, quick("lstm")))
    for _ in fitting.epochs():
        torch.rand(10)
        torch.manual_seed(99)
    busy = fitting.finish()

    assert quiet.metrics == busy.metrics


def test_metrics_compare_with_seasonal_naive(panel: Panel) -> None:
    metrics = fit(panel, "seasonal_naive").metrics

    assert set(metrics) >= {"wql", "wape", "mase", "rmsse", "bias", "coverage80", "coverage80_raw"}
    assert metrics["wql_seasonal_naive"] is not None
    assert metrics["windows"] == 4 * 8


def test_a_total_is_learned_and_forecast(panel: Panel) -> None:
    scope = Scope("product", {"product_id": "P1"}, total=True)
    model = fit(panel, "lstm", scope=scope)

    narrowed = panel.select(Scope(**model.manifest.scope.model_dump()))
    forecast = model.forecast(filled(narrowed))

    assert forecast.mean.shape == (1, 7)
    with pytest.raises(Invalid, match="select the model's scope first"):
        model.forecast(filled(panel))
