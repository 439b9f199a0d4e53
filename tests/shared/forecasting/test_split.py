"""Training, validation and test by time: what is held back is not learned from, and is measured."""

import datetime as dt

import numpy as np
import pytest

from shared.forecasting import Fitting, Invalid, NotEnoughData, Recipe
from shared.forecasting.split import split, until
from tests.shared.forecasting.samples import filled, frame, panel_of, quick, series_panel

LAST = dt.date(2024, 1, 1) + dt.timedelta(days=119)


def days_before_the_end(days: int) -> dt.date:
    return LAST - dt.timedelta(days=days)


def test_the_dates_of_the_split_are_stored_with_the_model() -> None:
    panel = panel_of(frame())
    fitting = Fitting(panel, Recipe("seasonal_naive", 7, validation=20, test=14))
    list(fitting.epochs())

    stored = fitting.finish().manifest.split

    assert stored is not None
    dates = [stored.train_start, stored.train_end, stored.validation_end, stored.test_end]
    assert [moment.date() for moment in dates] == [
        dt.date(2024, 1, 1),
        days_before_the_end(34),
        days_before_the_end(14),
        LAST,
    ]
    assert (stored.train_steps, stored.validation_steps, stored.test_steps) == (86, 20, 14)


def test_without_a_wish_the_end_of_each_series_validates_and_its_dates_are_stored() -> None:
    fitting = Fitting(panel_of(frame()), Recipe("seasonal_naive", 7))
    list(fitting.epochs())

    stored = fitting.finish().manifest.split

    assert stored is not None
    assert stored.validation_end.date() == stored.test_end.date() == LAST
    assert stored.validation_steps == fitting.holdout.held
    assert stored.train_end.date() == days_before_the_end(fitting.holdout.held)


@pytest.mark.parametrize("algorithm", ["lstm", "lightgbm", "ets"])
def test_what_the_test_keeps_changes_nothing_of_what_is_learned(algorithm: str) -> None:
    data = frame()
    other = data.copy()
    late = other["date"] > np.datetime64(days_before_the_end(14))
    other.loc[late, "sales"] = 1000.0
    other.loc[late, "visitors"] = 0.0
    found = []
    for each in (data, other):
        fitting = Fitting(panel_of(each), Recipe(algorithm, 7, None, quick(algorithm), test=14))
        list(fitting.epochs())
        model = fitting.finish()
        known = until(fitting.whole, fitting.split.validation_end)
        found.append((model.forecast(filled(known)).quantiles, model.metrics))

    (one, figures), (same, others) = found
    np.testing.assert_array_equal(one, same)
    assert figures["wql"] == others["wql"]
    assert figures["test_wql"] != others["test_wql"]


def test_validation_windows_lie_between_training_and_test() -> None:
    fitting = Fitting(panel_of(frame()), Recipe("lstm", 7, 14, quick("lstm"), 0, 21, 14))
    panel, cut = fitting.panel, fitting.split

    assert cut.train_end is not None
    periods = [panel.first[s] + row - panel.offsets[s] for s, row in fitting.holdout.origins]
    assert min(periods) == cut.train_end + 1
    assert max(periods) + 7 - 1 <= cut.validation_end
    learned = panel.first + fitting.holdout.train_stops - panel.offsets[:-1] - 1
    assert (learned == cut.train_end).all()


def test_a_series_that_begins_in_the_test_is_left_out_and_named() -> None:
    data = frame()
    new = data["store_id"].eq("S1") & data["product_id"].eq("P1")
    early = data["date"] <= np.datetime64(days_before_the_end(10))

    fitting = Fitting(panel_of(data[~(new & early)]), Recipe("seasonal_naive", 7, test=14))

    assert len(fitting.panel) == len(fitting.whole) == 3
    assert any("S1 P1" in note for note in fitting.notes)


@pytest.mark.parametrize(
    ("recipe", "field"),
    [
        (Recipe("seasonal_naive", 7, test=6), "/test_steps"),
        (Recipe("seasonal_naive", 7, validation=3), "/validation_steps"),
        (Recipe("seasonal_naive", 7, test=113), "/test_steps"),
        (Recipe("seasonal_naive", 7, validation=118), "/validation_steps"),
    ],
)
def test_a_split_that_leaves_too_little_is_refused(recipe: Recipe, field: str) -> None:
    with pytest.raises((Invalid, NotEnoughData)) as refused:
        Fitting(panel_of(frame()), recipe)

    assert refused.value.field == field


def test_a_panel_until_a_date_ends_with_its_last_value() -> None:
    values = np.arange(30.0)
    values[18:20] = np.nan
    panel = series_panel(values)
    cut = split(panel, Recipe("seasonal_naive", 5, test=10))

    known = until(panel, cut.validation_end)

    assert known.end(0) == panel.begin(0) + 17
    assert np.isnan(known.target[18:]).all()
    assert until(panel, cut.test_end) is panel
