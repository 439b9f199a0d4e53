"""What trees see of the past: the right steps, and nothing of the future."""

import numpy as np
import pytest

from shared.forecasting import Fitting, Invalid, NotEnoughMemory, Recipe
from shared.forecasting import memory as memory_of
from shared.forecasting.boosting.dates import date_names
from shared.forecasting.boosting.examples import training
from shared.forecasting.boosting.features import Features, Places, lay_out, width
from shared.forecasting.boosting.history import History, middle
from tests.shared.forecasting.samples import filled, fit, frame, panel_of, series_panel


def test_trailing_means_stop_before_the_origin() -> None:
    history = History(series_panel(np.arange(20.0)))
    series = np.zeros(1, np.int64)

    end = history.end(series, np.array([10]))

    assert history.level.mean(series, end - 4, end) == np.mean([6, 7, 8, 9])
    assert np.isnan(history.at(series, np.array([10]), end))


def test_missing_values_do_not_count_in_means() -> None:
    values = np.array([1.0, np.nan, 3.0, np.nan, np.nan, 5.0])
    history = History(series_panel(values))
    series = np.zeros(1, np.int64)

    assert history.level.mean(series, np.array([0]), np.array([4])) == 2.0
    assert np.isnan(history.level.mean(series, np.array([3]), np.array([5])))


def test_steps_since_the_last_demand_are_counted_within_a_series() -> None:
    panel = panel_of(frame(days=30))
    target = panel.target.copy()
    target[:] = 0.0
    target[3] = 1.0
    history = History(panel.changed(target=target))

    idle = history.idle(np.array([0, 1]), np.array([10, 10]))

    assert idle.tolist() == [6.0, 10.0]


def test_the_median_of_a_row_skips_what_is_missing() -> None:
    rows = np.array([[1.0, np.nan, 3.0, 8.0], [np.nan] * 4, [2.0, 4.0, np.nan, np.nan]])

    np.testing.assert_array_equal(middle(rows), [3.0, np.nan, 3.0])


def test_features_of_an_origin_do_not_change_with_what_comes_after() -> None:
    values = np.random.default_rng(0).normal(50, 9, 120)
    later = values.copy()
    later[80:] = 999.0
    tables = []
    for one in (values, later):
        panel = series_panel(one)
        layout = lay_out(panel, 100, 100)
        places = Places(np.zeros(14, np.int64), np.full(14, 80), np.arange(14))
        features = Features(panel, layout, np.zeros((1, 1), np.int64))
        scale = features.scale(places)
        tables.append(features.table(places, scale, np.zeros((14, 0), np.float32)))

    np.testing.assert_array_equal(tables[0], tables[1])


def test_examples_lie_before_the_stop_and_are_as_many_as_asked_for() -> None:
    panel = series_panel(np.where(np.arange(200) < 150, 1.0, 1e6))
    layout = lay_out(panel, 150, 150)

    codes = np.zeros((1, 1), np.int64)
    examples = training(panel, np.array([150]), 7, 300, layout, codes, seed=0)

    assert 250 <= len(examples.value) <= 300
    assert (examples.value == 1.0).all()


def test_the_categories_of_the_layout_are_the_last_columns() -> None:
    panel = panel_of(frame(days=60))
    layout = lay_out(panel, 60, 60)
    codes = np.ones((len(panel), 2), np.int64)

    examples = training(panel, panel.stops, 7, 100, layout, codes, seed=0)

    width = examples.table.shape[1]
    assert set(layout.categories) == {width - 3, width - 2, width - 1}


def test_a_promotion_known_in_advance_moves_the_forecast() -> None:
    panel = panel_of(frame(days=200))
    model = fit(panel, "lightgbm", trees=150, leaves=15, rows=20_000)
    rows = [
        {**panel.keys[0], "date": panel.to_date(panel.end(0) + 1 + step).item(), "promotion": on}
        for step, on in enumerate((0, 1, 0, 1, 0, 0, 0))
    ]

    forecast = model.forecast(panel.with_future(rows, {"price": "last"}), series=[0])

    mean = forecast.mean[0]
    assert mean[[1, 3]].mean() > 1.2 * mean[[0, 2, 4]].mean()


def test_tweedie_learns_amounts_with_many_zeros() -> None:
    values = np.where(np.arange(150) % 3, 0.0, 4.0)
    panel = series_panel(values)

    forecast = fit(panel, "lightgbm", objective="tweedie").forecast(panel)

    assert np.isfinite(forecast.quantiles).all()
    assert (forecast.quantiles >= 0).all()


def test_tweedie_refuses_negative_values() -> None:
    with pytest.raises(Invalid, match="negative") as refused:
        fit(series_panel(np.linspace(-30, 30, 60)), "lightgbm", objective="tweedie")

    assert refused.value.field == "/hyperparameters/objective"


def test_learning_once_more_uses_the_end_of_the_series() -> None:
    values = np.where(np.arange(120) < 113, 10.0, 30.0) + np.arange(120.0) % 2
    panel = series_panel(values)

    model = fit(panel, "lightgbm", trees=60)

    assert model.forecast(filled(panel)).mean.mean() > 12


@pytest.mark.parametrize(
    ("frequency", "periods", "known"),
    [
        ("D", 40, {"weekday"}),
        ("D", 400, {"day", "weekday"}),
        ("D", 600, {"month", "day", "of_year", "weekday"}),
        ("h", 24 * 30, {"weekday", "minute"}),
        ("W-MON", 52, {"day", "week"}),
        ("MS", 24, {"month"}),
    ],
)
def test_a_date_is_told_only_by_cycles_that_came_again(
    frequency: str, periods: int, known: set[str]
) -> None:
    clock = series_panel(np.arange(30.0), frequency).clock

    assert set(date_names(clock, periods)) == known


def test_trees_that_do_not_know_the_season_of_a_year_do_not_look_at_it() -> None:
    panel = series_panel(np.random.default_rng(0).normal(50, 9, 300))

    few, many = (lay_out(panel, periods, periods) for periods in (200, 300 * 7))

    assert width(panel, many) - width(panel, few) > 1
    table = Features(panel, few, np.zeros((1, 1), np.int64)).table(
        Places(np.zeros(3, np.int64), np.full(3, 80), np.arange(3)),
        np.ones(3),
        np.zeros((3, 0), np.float32),
    )
    assert table.shape == (3, width(panel, few))


def test_examples_that_do_not_fit_are_refused_with_the_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory_of, "available", lambda device: 1_000_000)

    with pytest.raises(NotEnoughMemory, match=r"needs about \d+ MB") as refused:
        Fitting(panel_of(frame()), Recipe("lightgbm", 7))

    assert refused.value.field == "/hyperparameters/rows"
