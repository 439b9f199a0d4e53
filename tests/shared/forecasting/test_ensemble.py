"""Weights of an ensemble, and what it says about itself."""

from collections.abc import Callable

import numpy as np
import pytest

from shared.forecasting import ALGORITHMS, Fitting, Recipe
from shared.forecasting.algorithms.auto import Auto
from shared.forecasting.ensemble.backtest import groups
from shared.forecasting.ensemble.learner import EnsembleLearner
from shared.forecasting.ensemble.portfolio import Candidate
from shared.forecasting.ensemble.weights import (
    combined,
    deciding,
    greedy,
    loss,
    pruned,
    recent,
    steady,
    weigh,
)
from tests.shared.forecasting.samples import frame, panel_of, quick, series_panel


def around(middle: np.ndarray, width: float) -> np.ndarray:
    return middle[..., None] + width * np.linspace(-1, 1, 9)


def sample(windows: int = 120) -> tuple[np.ndarray, list[np.ndarray]]:
    random = np.random.default_rng(0)
    actual = random.normal(20, 3, (windows, 7))
    naive = around(actual + random.normal(0, 4, actual.shape), 5)
    high, low = (around(actual + random.normal(shift, 2, actual.shape), 3) for shift in (2, -2))
    return actual, [naive, high, low]


def at_once(actual: np.ndarray) -> np.ndarray:
    return np.zeros(len(actual), np.int64)


def test_errors_of_opposite_sign_are_averaged_away() -> None:
    actual, members = sample()

    weights = greedy(members, actual)

    assert weights[1] > 0.25
    assert weights[2] > 0.25
    assert loss(combined(members, weights), actual) < min(loss(one, actual) for one in members)


def test_few_windows_draw_the_weights_towards_equal_ones() -> None:
    actual, members = sample(6)
    members[2] = members[1] + 0.01

    weights = steady(members, actual, np.ones(len(actual)))

    assert abs(weights[1] - weights[2]) < 0.3
    np.testing.assert_allclose(weights.sum(), 1.0)


def test_of_windows_of_very_different_sizes_the_largest_few_decide() -> None:
    alike, one_giant = np.full((50, 7), 3.0), np.full((50, 7), 3.0)
    one_giant[0] = 30_000

    assert deciding(alike, np.ones(50)) == pytest.approx(50)
    assert deciding(one_giant, np.ones(50)) == pytest.approx(1, abs=0.1)


def test_an_ensemble_is_never_worse_than_its_yardstick_on_the_windows() -> None:
    actual, members = sample()
    members[0] = around(actual, 0.01)

    weights = weigh(members, actual, np.zeros(len(actual), np.int64), at_once(actual))

    assert loss(combined(members, weights[0]), actual) <= loss(members[0], actual) * 1.0001


def test_a_hundred_later_windows_halve_what_one_counts() -> None:
    starts = np.repeat([30, 10, 20], 100)  # in any order

    found = recent(starts)

    np.testing.assert_allclose(found, np.repeat([1.0, 0.25, 0.5], 100))


def test_who_forecast_the_latest_dates_best_is_believed_most() -> None:
    actual, members = sample(400)
    early = np.arange(400) < 200
    members[1][early], members[2][~early] = around(actual[early], 1), around(actual[~early], 1)
    no_group = np.zeros(400, np.int64)

    weights = weigh(members, actual, no_group, np.repeat([1, 2, 3, 4], 100))[0]
    alike = weigh(members, actual, no_group, at_once(actual))[0]

    assert weights[2] > alike[2] + 0.1


def test_groups_get_weights_of_their_own() -> None:
    actual, members = sample(400)
    group = np.arange(400) % 2
    members[1][group == 1] += 50
    members[2][group == 0] -= 50

    weights = weigh(members, actual, group, at_once(actual))

    assert weights[0, 1] > weights[0, 2]
    assert weights[1, 2] > weights[1, 1]


def test_the_yardstick_alone_is_taken_where_a_mixture_would_be_worse() -> None:
    random = np.random.default_rng(1)
    actual = random.normal(20, 3, (12, 7))
    lucky = around(actual + random.normal(0, 2.0, actual.shape), 3)
    others = [around(actual + random.normal(0, 2.4, actual.shape) + 2, 3) for _ in range(4)]

    members = [lucky, *others]
    weights = weigh(members, actual, np.arange(12) % 2, at_once(actual))

    assert loss(combined(members, weights[np.arange(12) % 2]), actual) <= loss(lucky, actual)
    assert weights.tolist() == [[1, 0, 0, 0, 0]] * 2


def test_a_group_keeps_the_common_weights_where_its_own_do_not_help_windows_left_out() -> None:
    actual, members = sample(400)
    group, even = np.repeat([0, 1], 200), np.arange(400) % 2 == 0
    for member, good in ((members[1], even), (members[2], ~even)):
        member[good] = around(actual[good], 1)

    weights = weigh(members, actual, group, at_once(actual))

    np.testing.assert_array_equal(weights[0], weights[1])


def test_a_member_with_hardly_any_weight_is_left_out() -> None:
    np.testing.assert_allclose(pruned(np.array([0.02, 0.49, 0.49])), [0.0, 0.5, 0.5])


def test_a_series_with_many_recent_zeros_is_intermittent() -> None:
    target = np.concatenate([np.full(60, 5.0), np.zeros(60)]).astype(np.float32)

    found = groups(target, np.array([0, 0]), np.array([60, 120]))

    assert found.tolist() == [0, 1]


def test_it_says_what_it_chose_and_why() -> None:
    fitting = Fitting(panel_of(frame()), Recipe("auto", 7, None, quick("auto"), 0))
    for _ in fitting.epochs():
        pass
    fitting.finish()

    told = " ".join(fitting.notes)
    assert "Weighted quantile loss on" in told
    assert "are forecast by" in told


def portfolio(*candidates: Candidate) -> Callable[[Auto], list[Candidate]]:
    return lambda self: list(candidates)


def fitted_with(monkeypatch: pytest.MonkeyPatch, *candidates: Candidate, limit: int) -> Fitting:
    monkeypatch.setattr(Auto, "candidates", portfolio(*candidates))
    settings = quick("auto", time_limit=limit)
    fitting = Fitting(panel_of(frame()), Recipe("auto", 7, None, settings, 0))
    for _ in fitting.epochs():
        pass
    return fitting


NAIVE = Candidate("seasonal_naive", 0.1, {}, learns=False)
TREES = Candidate("lightgbm", 0.5, {"trees": 4, "rows": 2000, "leaves": 4})


def test_time_that_all_others_leave_goes_to_a_spare_member(monkeypatch: pytest.MonkeyPatch) -> None:
    spare = Candidate("ets", 0.5, {}, learns=False, spare=True)

    fitting = fitted_with(monkeypatch, NAIVE, TREES, spare, limit=3600)

    title = ALGORITHMS["ets"].title
    assert any(note.startswith(f"{title}: ") for note in fitting.notes)


def test_a_spare_member_is_left_out_where_others_need_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spare = Candidate("ets", 0.5, {}, learns=False, spare=True)
    monkeypatch.setattr(EnsembleLearner, "_needed", lambda self, member: 1800.0)

    fitting = fitted_with(monkeypatch, NAIVE, TREES, spare, limit=3600)

    assert any("left out: no time was left" in note for note in fitting.notes)
    assert fitting.finish().manifest.settings["members"]


def test_on_its_windows_it_is_never_worse_than_seasonal_naive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blind = Candidate("lightgbm", 0.5, {"trees": 1, "rows": 200, "leaves": 2})
    random = np.random.default_rng(0)
    weekly = np.tile([1.0, 9.0, 2.0, 30.0, 4.0, 50.0, 7.0], 30) + random.normal(0, 0.01, 210)
    monkeypatch.setattr(Auto, "candidates", portfolio(NAIVE, blind))
    fitting = Fitting(series_panel(weekly), Recipe("auto", 7, None, quick("auto"), 0))
    for _ in fitting.epochs():
        pass

    model = fitting.finish()

    assert [member["name"] for member in model.manifest.settings["members"]] == ["seasonal_naive"]


def test_a_member_that_cannot_learn_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Candidate("lightgbm", 0.5, {"objective": "tweedie"})
    monkeypatch.setattr(Auto, "candidates", portfolio(NAIVE, broken))
    values = np.random.default_rng(0).normal(0, 5, 120)
    fitting = Fitting(series_panel(values), Recipe("auto", 7, None, quick("auto"), 0))
    for _ in fitting.epochs():
        pass

    assert fitting.finish().manifest.settings["members"]
    assert any("Tweedie takes no negative values" in note for note in fitting.notes)
