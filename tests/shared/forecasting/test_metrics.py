"""The errors are what their names promise, worked out by hand."""

import numpy as np
import pytest

from shared.forecasting.metrics import DECILES, coverage, errors, naive_errors, wql

ACTUAL = np.array([[10.0, 20.0], [np.nan, 4.0]])
MEDIAN = np.array([[12.0, 15.0], [7.0, 4.0]])
MEAN = np.array([[13.0, 16.0], [7.0, 6.0]])
FLAT = np.repeat(MEDIAN[..., None], len(DECILES), axis=2)


def test_errors_are_counted_where_the_value_is_known() -> None:
    found = errors(ACTUAL, FLAT, MEAN, naive=np.array([2.0, 4.0]), square=np.array([5.0, 1.0]))

    assert found["wape"] == pytest.approx((2 + 5 + 0) / (10 + 20 + 4))
    assert found["bias"] == pytest.approx((2 - 5 + 0) / (10 + 20 + 4))
    assert found["mase"] == pytest.approx(np.mean([3.5 / 2, 0 / 4]))
    assert found["rmsse"] == pytest.approx(np.mean([np.sqrt(12.5 / 5), np.sqrt(4.0 / 1)]))


def test_the_quantile_loss_of_a_lone_number_is_its_absolute_error() -> None:
    assert wql(ACTUAL, FLAT) == pytest.approx(7 / 34)


def test_a_quantile_that_is_missed_on_its_likely_side_costs_more() -> None:
    low, high = np.zeros((1, 1, 9)), np.zeros((1, 1, 9))
    low[..., 8], high[..., 8] = 9.0, 11.0  # the 0.9 quantile of a value of 10

    actual = np.array([[10.0]])
    others = 2 * 10 * sum(DECILES[:8]) / 9 / 10

    assert wql(actual, low) == pytest.approx(others + 2 * 0.9 * 1 / 9 / 10)
    assert wql(actual, high) == pytest.approx(others + 2 * 0.1 * 1 / 9 / 10)


def test_coverage_counts_the_ends_and_only_what_is_known() -> None:
    low, high = np.array([[10.0, 0.0], [0.0, 5.0]]), np.array([[11.0, 19.0], [9.0, 6.0]])

    assert coverage(ACTUAL, low, high) == pytest.approx(1 / 3)


def test_without_anything_to_compare_there_is_no_figure() -> None:
    nothing = np.full((1, 2), np.nan)
    found = errors(nothing, FLAT[:1], MEAN[:1], np.array([np.nan]), np.array([np.nan]))

    assert set(found.values()) == {None}


def test_the_yardstick_repeats_the_last_season() -> None:
    history = np.array([1.0, 5.0, 2.0, np.nan, 4.0, 7.0])

    assert naive_errors(history, 2) == pytest.approx((1.5, 2.5))
    assert np.isnan(naive_errors(history, 6)).all()
    assert np.isnan(naive_errors(np.ones(9), 2)).all()
