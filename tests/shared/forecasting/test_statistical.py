"""Statistical algorithms: seasons taken out and put back, intervals from errors of the past."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.forecasting import ALGORITHMS
from shared.forecasting.frequency import Frequency
from shared.forecasting.statistical import past_errors
from shared.forecasting.statistical.seasons import seasons_of
from tests.shared.forecasting.samples import fit, series_panel

Array = NDArray[np.float64]
EXPONENTIAL = ("ets", "theta")
DAY, WEEK = 48, 336


def half_hours(days: int, seed: int = 0) -> Array:
    """Return a day and a week, multiplied, around a level that wanders a little."""
    random = np.random.default_rng(seed)
    steps = np.arange(days * DAY)
    day = 1 + 0.8 * np.sin(2 * np.pi * steps / DAY)
    week = np.where(steps % WEEK >= 5 * DAY, 0.4, 1.0)
    wander = np.exp(0.002 * np.cumsum(random.normal(size=len(steps))))
    noisy: Array = 100 * day * week * wander * np.exp(0.05 * random.normal(size=len(steps)))
    return noisy


def drawn(name: str, history: Array, seasons: tuple[int, ...], horizon: int) -> Array:
    algorithm = ALGORITHMS[name]
    chance = np.random.default_rng(1).random((200, horizon))
    paths: Array = algorithm.build(algorithm.hyperparameters(), seasons).paths(history, chance)
    return paths


def test_two_seasons_are_taken_out_and_put_back() -> None:
    steps = np.arange(4 * WEEK)
    day = 1 + 0.8 * np.sin(2 * np.pi * steps / DAY)
    values = 100 * day * np.where(steps % WEEK >= 5 * DAY, 0.5, 1.0)

    found = seasons_of(values, (DAY, WEEK))
    level = found.without(values)

    assert found.multiplicative
    assert level.std() < 0.03 * level.mean()
    np.testing.assert_allclose(found.put_back(level, 0), values, rtol=1e-9)
    np.testing.assert_allclose(found.at(0, 50), found.at(WEEK, 50))


def test_negative_values_have_seasons_that_are_added() -> None:
    season = np.array([3.0, -1.0, -2.0, 0.0, 1.0, -3.0, 2.0])
    values = np.tile(season, 20)

    found = seasons_of(values, (7,))

    assert not found.multiplicative
    np.testing.assert_allclose(found.without(values), 0, atol=1e-9)


def test_noise_is_not_taken_for_a_season() -> None:
    values = np.random.default_rng(0).gamma(2, 5, 104)

    (profile,) = seasons_of(values, (52,)).profiles
    raw = values.reshape(2, 52).mean(0) / values.mean()

    assert profile.std() < 0.5 * raw.std()


def test_a_season_that_was_not_gone_through_twice_is_none() -> None:
    assert seasons_of(np.arange(100.0), (52,)).profiles == ()


def test_a_closed_day_is_forecast_as_closed() -> None:
    values = np.where(np.arange(140) % 7 == 6, 0.0, 5.0 + np.arange(140) % 3)

    for name in (*EXPONENTIAL, "croston"):
        paths = drawn(name, values, (7,), 14)

        assert np.abs(paths[:, 6::7]).max() < 0.2, name
        assert np.median(paths[:, :6]) > 4, name


@pytest.mark.parametrize("name", [*EXPONENTIAL, "croston"])
def test_half_hours_of_a_week_are_foretold_much_better_than_by_yesterday(name: str) -> None:
    values = half_hours(60)
    history, actual = values[: 54 * DAY], values[54 * DAY : 55 * DAY]  # a Saturday's

    paths = drawn(name, history, Frequency.parse("30min").seasons, DAY)

    error = np.abs(np.median(paths, 0) - actual).mean()
    assert error < 0.5 * np.abs(history[-DAY:] - actual).mean()


@pytest.mark.parametrize("name", [*EXPONENTIAL, "croston"])
def test_a_year_of_weeks_is_a_season(name: str) -> None:
    weeks = np.arange(170)
    random = np.random.default_rng(2)
    values = 50 * (1 + 0.5 * np.sin(2 * np.pi * weeks / 52)) + random.normal(0, 2, 170)

    paths = drawn(name, values[:144], (52,), 26)

    assert np.abs(np.median(paths, 0) - values[144:]).mean() < 6


@pytest.mark.parametrize("name", EXPONENTIAL)
def test_intervals_are_as_skewed_as_the_past(name: str) -> None:
    values = 1 + np.random.default_rng(3).exponential(10, 300)

    low, middle, high = np.quantile(drawn(name, values, (1,), 5)[:, 0], (0.1, 0.5, 0.9))

    assert high - middle > 2 * (middle - low)


def test_past_errors_are_those_of_forecasts_made_then() -> None:
    values = np.arange(60.0) ** 1.5
    level, slope = values, np.full(60, 2.0)

    errors = past_errors.of_states(level, slope, 0.5, values, 3)

    first = past_errors.LEARNING
    assert errors[0, 0] == pytest.approx(values[first + 1] - (values[first] + 1.0))
    assert errors[0, 2] == pytest.approx(values[first + 3] - (values[first] + 1.0 + 0.5 + 0.25))
    assert np.isnan(errors[-1]).all()


def test_paths_spread_like_the_errors_and_hang_together_as_they_did() -> None:
    random = np.random.default_rng(4)
    together = np.repeat(random.normal(0, 3, (200, 1)), 4, 1) + random.normal(0, 0.1, (200, 4))
    chance = random.random((100, 4))

    paths = past_errors.paths(np.full(4, 50.0), together, chance)

    for step in range(4):
        expected = 50 + np.quantile(together[:, step], (0.1, 0.5, 0.9))
        found = np.quantile(paths[:, step], (0.1, 0.5, 0.9))
        np.testing.assert_allclose(found, expected, atol=0.3)
    assert np.corrcoef(paths[:, 0], paths[:, 3])[0, 1] > 0.9


def test_steps_without_enough_errors_widen_like_a_random_walk() -> None:
    errors = np.full((60, 9), np.nan)
    errors[:, 0] = np.random.default_rng(5).normal(0, 1, 60)

    paths = past_errors.paths(np.zeros(9), errors, np.random.default_rng(6).random((100, 9)))

    assert paths[:, 8].std() == pytest.approx(3 * paths[:, 0].std(), rel=1e-6)


@pytest.mark.parametrize("name", [*EXPONENTIAL, "croston"])
def test_it_beats_seasonal_naive_where_a_week_repeats(name: str) -> None:
    values = half_hours(60)[DAY:]

    metrics = fit(series_panel(values, "30min"), name, horizon=DAY).metrics

    loss, naive = metrics["wql"], metrics["wql_seasonal_naive"]
    assert loss is not None
    assert naive is not None
    assert loss < 0.7 * naive
