import numpy as np
import pytest

from services.prediction import analysis

LEVELS = (0.1, 0.5, 0.9)


def errors(actual: list[float], mean: list[float], scale: float = 1.0) -> analysis.Metrics:
    middle = np.array(mean)
    quantiles = np.stack([middle - 1, middle, middle + 1], axis=1)
    return analysis.errors(np.array(actual), middle, quantiles, LEVELS, scale)


def test_errors_are_relative_to_what_really_happened() -> None:
    found = errors([10.0, 10.0], [11.0, 13.0], scale=2.0)

    assert found["wape"] == pytest.approx(0.2)
    assert found["bias"] == pytest.approx(0.2)
    assert found["mase"] == pytest.approx(1.0)
    assert found["coverage"] == pytest.approx(0.5)
    assert found["coverage_expected"] == pytest.approx(0.8)


def test_steps_without_an_actual_value_do_not_count() -> None:
    assert errors([10.0, np.nan], [11.0, 99.0])["wape"] == pytest.approx(0.1)


def test_nothing_known_means_no_errors() -> None:
    assert errors([np.nan, np.nan], [1.0, 1.0]) == {}


def test_errors_relative_to_nothing_are_missing() -> None:
    found = errors([0.0, 0.0], [1.0, 1.0], scale=np.nan)

    assert (found["wape"], found["bias"], found["mase"]) == (None, None, None)


def test_a_band_needs_a_level_on_both_sides_of_the_median() -> None:
    assert analysis.widest((0.5, 0.9)) is None
    assert analysis.widest((0.025, 0.1, 0.9)) == (0, 2)


def test_the_seasonal_scale_repeats_the_value_of_one_season_ago() -> None:
    assert analysis.seasonal_scale(np.array([1.0, 2.0, 2.0, 4.0]), 2) == pytest.approx(1.5)
    assert np.isnan(analysis.seasonal_scale(np.array([1.0, 2.0]), 2))
    assert np.isnan(analysis.seasonal_scale(np.array([1.0, np.nan, np.nan, 2.0]), 2))


def test_the_change_compares_with_as_many_steps_before() -> None:
    assert analysis.change(15.0, np.array([5.0, 5.0])) == pytest.approx(0.5)
    assert analysis.change(15.0, np.array([5.0, np.nan])) is None
    assert analysis.change(15.0, np.array([0.0])) is None
