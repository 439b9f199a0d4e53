"""What every algorithm promises; a new file in `algorithms/` is tested here without an edit."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.forecasting import (
    ALGORITHMS,
    Algorithm,
    FittedModel,
    ForecastResult,
    Invalid,
    InvalidPanel,
    NotEnoughData,
    Panel,
    catalogue,
    load,
)
from tests.shared.forecasting.samples import (
    HORIZON,
    filled,
    fit,
    frame,
    panel_of,
    series_panel,
)

AVAILABLE = {name: entry for name, entry in ALGORITHMS.items() if entry.unavailable() is None}
DRAWABLE = {"integer", "number", "boolean", "string"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")

every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS.keys())
every_usable = pytest.mark.parametrize("name", AVAILABLE)
Fitted = Callable[[str], FittedModel]


def same(left: ForecastResult, right: ForecastResult) -> bool:
    return bool(
        np.array_equal(left.mean, right.mean)
        and np.array_equal(left.quantiles, right.quantiles)
        and np.array_equal(left.total_quantiles, right.total_quantiles)
    )


@every_algorithm
def test_its_form_can_be_drawn_in_both_languages(algorithm: Algorithm) -> None:
    schema = algorithm.hyperparameters.model_json_schema()

    assert "$defs" not in schema
    for name, field in schema["properties"].items():
        assert field.get("type") in DRAWABLE, name
        assert "default" in field, f"{name} needs a default"
        assert field.get("title"), f"{name} needs a title"
        assert field.get("description"), f"{name} needs a description"
        assert field.get("title_zh"), f"{name} needs a Chinese title"
        assert CHINESE.search(field.get("description_zh", "")), f"{name}: Chinese description"


@every_algorithm
def test_numbers_in_its_form_have_bounds(algorithm: Algorithm) -> None:
    for name, field in algorithm.hyperparameters.model_json_schema()["properties"].items():
        if field["type"] in {"integer", "number"} and "enum" not in field:
            assert {"minimum", "exclusiveMinimum"} & field.keys(), name
            assert {"maximum", "exclusiveMaximum"} & field.keys(), name


@every_algorithm
def test_it_says_in_both_languages_what_it_is(algorithm: Algorithm) -> None:
    assert algorithm.title
    assert algorithm.title_zh
    assert algorithm.summary.endswith(".")
    assert CHINESE.search(algorithm.summary_zh)


@every_algorithm
def test_it_is_in_the_catalogue(algorithm: Algorithm) -> None:
    entry = next(entry for entry in catalogue() if entry["name"] == algorithm.name)

    assert entry["available"] == (algorithm.unavailable() is None)
    assert bool(entry["reason"]) != entry["available"]


@every_usable
def test_its_forecast_has_every_step_and_is_finite(name: str, panel: Panel, fitted: Fitted) -> None:
    forecast = fitted(name).forecast(filled(panel), quantiles=(0.1, 0.5, 0.9))

    assert forecast.mean.shape == (len(panel), HORIZON)
    assert forecast.quantiles.shape == (len(panel), HORIZON, 3)
    assert forecast.total_quantiles.shape == (len(panel), 3)
    for part in (forecast.mean, forecast.quantiles, forecast.total_mean, forecast.total_quantiles):
        assert np.isfinite(part).all()
    assert (np.diff(forecast.quantiles, axis=2) >= 0).all()
    assert (forecast.quantiles >= 0).all()


@every_usable
def test_a_longer_horizon_than_it_was_trained_for_is_forecast_too(
    name: str, panel: Panel, fitted: Fitted
) -> None:
    forecast = fitted(name).forecast(filled(panel), horizon=3 * HORIZON)

    assert forecast.mean.shape == (len(panel), 3 * HORIZON)
    assert np.isfinite(forecast.quantiles).all()


@every_usable
def test_it_leaves_its_input_alone(name: str) -> None:
    panel = panel_of(frame())
    parts = ("target", "known_values", "past_values", "static_values", "offsets", "stops")
    before = {part: getattr(panel, part).copy() for part in parts}

    fit(panel, name).forecast(filled(panel))

    for part, values in before.items():
        np.testing.assert_array_equal(getattr(panel, part), values, err_msg=part)


@every_usable
def test_series_in_a_batch_do_not_see_each_other(name: str, fitted: Fitted) -> None:
    data = frame()
    changed = data.copy()
    changed.loc[changed["store_id"] == "S1", "sales"] *= 7
    model = fitted(name)

    before = model.forecast(filled(panel_of(data)), series=[0, 3])
    after = model.forecast(filled(panel_of(changed)), series=[0, 3])

    np.testing.assert_array_equal(before.quantiles[0], after.quantiles[0])
    assert not np.array_equal(before.quantiles[1], after.quantiles[1])


@every_usable
def test_how_a_batch_is_split_does_not_matter(name: str, panel: Panel, fitted: Fitted) -> None:
    model, ready = fitted(name), filled(panel)

    together = model.forecast(ready, series=[0, 1, 2, 3])
    reversed_ = model.forecast(ready, series=[3, 2, 1, 0])
    alone = [model.forecast(ready, series=[one]) for one in range(4)]

    for one in range(4):
        np.testing.assert_array_equal(alone[one].quantiles[0], together.quantiles[one])
        np.testing.assert_array_equal(reversed_.mean[3 - one], together.mean[one])
        np.testing.assert_array_equal(alone[one].total_mean[0], together.total_mean[one])


@every_usable
def test_values_after_the_start_are_not_looked_at(name: str, fitted: Fitted) -> None:
    data = frame()
    panel = panel_of(data)
    start = panel.end(0) - HORIZON + 1
    known_to_nobody = data["date"] >= data["date"].max() - np.timedelta64(HORIZON - 1, "D")
    changed = data.copy()
    changed.loc[known_to_nobody, ["sales", "visitors"]] = 999.0
    model = fitted(name)

    before = model.forecast(panel, start=start)
    after = model.forecast(panel_of(changed), start=start)

    assert same(before, after)


@every_usable
def test_the_same_seed_gives_the_same_model_and_forecast(
    name: str, panel: Panel, fitted: Fitted
) -> None:
    first, again = fitted(name), fit(panel, name)

    state, other = first.forecaster.state(), again.forecaster.state()
    assert state.keys() == other.keys()
    assert all(bool((state[part] == other[part]).all()) for part in state)
    assert first.metrics == again.metrics
    assert same(first.forecast(filled(panel), seed=3), again.forecast(filled(panel), seed=3))


@every_usable
def test_another_seed_draws_other_paths(name: str, panel: Panel, fitted: Fitted) -> None:
    first = fitted(name).forecast(filled(panel), seed=1)
    second = fitted(name).forecast(filled(panel), seed=2)

    assert not same(first, second)


@every_usable
def test_a_stored_model_gives_the_identical_forecast(
    name: str, panel: Panel, fitted: Fitted, tmp_path: Path
) -> None:
    model = fitted(name)

    files = model.save(tmp_path, {"task_id": "t1"})
    again = load(tmp_path)

    assert {file.name for file in files} == {file.name for file in tmp_path.iterdir()}
    assert again.manifest.lineage == {"task_id": "t1"}
    assert again.manifest.model_copy(update={"lineage": {}, "files": ()}) == model.manifest
    assert same(model.forecast(filled(panel)), again.forecast(filled(panel)))


@every_usable
def test_unknown_ids_and_labels_are_forecast_too(name: str, fitted: Fitted) -> None:
    data = frame(stores=1, products=1, seed=5)
    data["store_id"], data["category"] = "new", "unheard of"

    forecast = fitted(name).forecast(filled(panel_of(data)))

    assert np.isfinite(forecast.quantiles).all()


@every_usable
@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.full(60, 5.0), id="constant"),
        pytest.param(np.zeros(60), id="zeros"),
        pytest.param(np.where(np.arange(60) % 9, 0.0, 3.0), id="intermittent"),
        pytest.param(np.where(np.arange(60) % 4, np.nan, 3.0), id="mostly missing"),
        pytest.param(1e6 + np.arange(60.0), id="large"),
        pytest.param(1e-6 * (np.arange(60.0) % 7), id="tiny"),
        pytest.param(np.sin(np.arange(60.0)) - 5, id="negative"),
        pytest.param(np.arange(11.0), id="short"),
    ],
)
def test_odd_series_get_a_finite_forecast(name: str, values: NDArray[np.float64]) -> None:
    panel = series_panel(values)

    forecast = fit(panel, name).forecast(panel)

    assert np.isfinite(forecast.quantiles).all()
    assert np.isfinite(forecast.total_quantiles).all()


@every_usable
def test_a_covariate_that_says_nothing_or_is_missing_for_a_series_is_borne(name: str) -> None:
    data = frame()
    data["price"] = 5.0
    data["visitors"] = np.where(data["store_id"] == "S1", np.nan, data["visitors"])
    data.loc[data["product_id"] == "P1", "category"] = None
    panel = panel_of(data)

    forecast = fit(panel, name).forecast(filled(panel))

    assert np.isfinite(forecast.quantiles).all()


@every_usable
def test_what_cannot_be_learned_from_is_refused(name: str) -> None:
    with pytest.raises(NotEnoughData, match="has 1 values"):
        fit(series_panel([5.0]), name, horizon=1)
    with pytest.raises(NotEnoughData, match="no values at all"):
        fit(series_panel([np.nan] * 30), name)
    with pytest.raises(Invalid, match="at most 26"):
        fit(series_panel(np.arange(30.0)), name, horizon=27)
    with pytest.raises(InvalidPanel, match="is infinite in row 3"):
        series_panel([1.0, 2.0, 3.0, np.inf])


@every_usable
@pytest.mark.parametrize("frequency", ["h", "30min", "15min", "D", "B", "W-WED", "MS", "QE", "YS"])
def test_every_frequency_is_forecast(name: str, frequency: str) -> None:
    values = 10 + np.sin(np.arange(40.0))
    panel = series_panel(values, frequency)

    forecast = fit(panel, name, horizon=3).forecast(panel)

    assert np.isfinite(forecast.quantiles).all()


@every_usable
def test_values_out_of_its_bounds_are_refused(name: str, panel: Panel) -> None:
    with pytest.raises(Invalid, match="not a hyper-parameter") as refused:
        fit(panel, name, no_such_parameter=1)

    assert refused.value.field == "/hyperparameters/no_such_parameter"


@pytest.mark.slow
@every_usable
def test_it_is_no_worse_than_seasonal_naive_on_a_noisy_sine(name: str) -> None:
    steps = np.arange(700)
    random = np.random.default_rng(1)
    values = 50 + 20 * np.sin(2 * np.pi * steps / 7) + random.normal(0, 5, 700)
    known = ALGORITHMS[name].hyperparameters.model_fields
    enough: dict[str, Any] = {"max_epochs": 12, "batches_per_epoch": 20, "hidden_size": 32}
    enough |= {"trees": 120, "rows": 5000, "leaves": 15}
    enough |= {"windows": 3, "told": 28, "paths": 40, "rank": 8}

    model = fit(series_panel(values), name, **{k: v for k, v in enough.items() if k in known})

    loss, yardstick = model.metrics["wql"], model.metrics["wql_seasonal_naive"]
    assert loss is not None
    assert yardstick is not None
    assert loss <= 1.02 * yardstick
