"""Backtests and the report that is stored with a model."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shared.forecasting import FittedModel, Fitting, Invalid, Panel, Recipe, load
from shared.forecasting.evaluation import Evaluation, read
from shared.forecasting.metrics import bootstrap_skill
from shared.forecasting.recipe import Backtest
from tests.shared.forecasting.samples import HORIZON, frame, panel_of, quick


def fitting(panel: Panel, algorithm: str = "lstm", **asked: int) -> Fitting:
    options = quick(algorithm)
    return Fitting(panel, Recipe(algorithm, HORIZON, None, options, backtest=Backtest(**asked)))


def backtested(panel: Panel, algorithm: str = "lstm", **asked: int) -> FittedModel:
    work = fitting(panel, algorithm, **asked)
    for _ in work.epochs():
        pass
    return work.finish()


def report_of(model: FittedModel) -> Evaluation:
    assert model.evaluation is not None
    return model.evaluation[0]


def test_a_model_is_stored_with_its_report_by_series_step_and_date(
    fitted: Callable[[str], FittedModel], tmp_path: Path
) -> None:
    model = fitted("lstm")
    files = {file.name for file in model.save(tmp_path)}

    report, residuals = read(tmp_path)

    assert {"evaluation.json", "residuals.safetensors"} <= files
    assert report.kind == "validation"
    assert report.windows == model.metrics["windows"] == 32
    assert [one.step for one in report.by_step] == list(range(1, HORIZON + 1))
    assert {tuple(one.keys.values()) for one in report.by_series} == {
        ("S0", "P0"), ("S0", "P1"), ("S1", "P0"), ("S1", "P1")
    }  # fmt: skip
    assert sum(one.windows for one in report.by_series) == 32
    assert [one.date for one in report.over_time] == sorted(one.date for one in report.over_time)
    assert sum(one.points for one in report.over_time) == 32 * HORIZON
    assert residuals["residual"].shape == (32, HORIZON)
    assert report.metrics["wql"] == pytest.approx(model.metrics["wql"])


def test_coverage_is_told_before_and_after_calibration_for_each_step(
    fitted: Callable[[str], FittedModel],
) -> None:
    for step in report_of(fitted("lstm")).by_step:
        assert step.metrics["coverage80"] is not None
        assert step.metrics["coverage80_raw"] is not None


def test_the_parts_of_a_report_add_up_to_the_whole(fitted: Callable[[str], FittedModel]) -> None:
    report = report_of(fitted("lstm"))
    steps = [one.metrics["coverage80"] or 0.0 for one in report.by_step]

    assert report.metrics["coverage80"] == pytest.approx(np.mean(steps))


def test_the_skill_has_an_interval(fitted: Callable[[str], FittedModel]) -> None:
    metrics = fitted("lightgbm").metrics

    low, skill, high = (metrics[name] for name in ("skill_low", "skill", "skill_high"))
    assert low is not None
    assert skill is not None
    assert high is not None
    assert low <= skill <= high


def test_the_interval_of_the_skill_holds_the_truth_and_narrows_with_more_series() -> None:
    random = np.random.default_rng(0)

    def interval(count: int) -> tuple[float, float]:
        actual = random.gamma(2, 5, (count, 4))
        naive = np.repeat((actual + random.normal(0, 2, actual.shape))[..., None], 9, 2)
        better = np.repeat((actual + random.normal(0, 1, actual.shape))[..., None], 9, 2)
        found = bootstrap_skill(actual, better, naive, np.arange(count), seed=1)
        return found["skill_low"] or 0.0, found["skill_high"] or 0.0

    few, many = interval(20), interval(2000)
    assert few[0] < 0.5 < few[1]
    assert many[0] < 0.51
    assert many[1] > 0.49
    assert many[1] - many[0] < few[1] - few[0]


@pytest.mark.parametrize(("every", "fits"), [(0, 1), (1, 3), (2, 2)])
def test_a_backtest_learns_anew_before_every_so_many_windows(
    panel: Panel, every: int, fits: int
) -> None:
    report = report_of(backtested(panel, windows=3, refit_every=every))

    assert (report.kind, report.fits, report.windows) == ("backtest", fits, 3 * len(panel))
    dates = [one.date for one in report.over_time]
    assert len(dates) == 3 * HORIZON
    assert dates[-1] == panel.to_date(panel.end(0)).item()


def test_a_backtest_never_sees_what_came_later() -> None:
    data = frame()
    changed = data.copy()
    last = changed["date"] > changed["date"].max() - np.timedelta64(HORIZON, "D")
    changed.loc[last, ["sales", "visitors"]] *= 50

    before, after = (
        backtested(panel_of(one), "lightgbm", windows=2, refit_every=1) for one in (data, changed)
    )

    assert before.evaluation is not None
    assert after.evaluation is not None
    np.testing.assert_array_equal(before.evaluation[1].deciles, after.evaluation[1].deciles)


def test_a_backtest_leaves_the_model_as_it_is(
    panel: Panel, fitted: Callable[[str], FittedModel], tmp_path: Path
) -> None:
    model, tested = fitted("lstm"), backtested(panel, windows=2)

    same = {name: value for name, value in tested.metrics.items() if "backtest" not in name}
    assert {name: same[name] for name in ("wql", "skill")} == {
        name: model.metrics[name] for name in ("wql", "skill")
    }
    assert tested.metrics["backtest_wql"] is not None
    tested.save(tmp_path)
    assert load(tmp_path).metrics == tested.metrics
    assert json.loads((tmp_path / "evaluation.json").read_text())["kind"] == "backtest"


def test_the_progress_of_a_backtest_only_grows(panel: Panel) -> None:
    shares = [one.number / one.total for one in fitting(panel, windows=2, refit_every=1).epochs()]

    assert shares == sorted(shares)
    assert shares[-1] <= 1


def test_more_windows_than_the_series_have_are_refused(panel: Panel) -> None:
    with pytest.raises(Invalid, match="enough for 15 windows of 7 steps, not for 40") as refused:
        fitting(panel, windows=40)

    assert refused.value.field == "/backtest_windows"
