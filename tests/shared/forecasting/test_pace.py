"""What hangs on time is noted, and with the notes the same model is made again."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shared.forecasting import ALGORITHMS, Backtest, FittedModel, Fitting, Panel, Recipe, load
from shared.forecasting import pace as pace_of
from shared.forecasting.errors import Unrepeatable
from shared.forecasting.pace import Noted, Pace
from tests.shared.forecasting.samples import HORIZON, frame, panel_of, quick

LIMITS = {"seconds": 2, "time_limit": 20}
TIMED = [
    (name, limit)
    for name, entry in ALGORITHMS.items()
    for limit in LIMITS
    if entry.unavailable() is None and limit in entry.hyperparameters.model_fields
]


@pytest.fixture(autouse=True)
def uneven_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time go by in leaps that no two fits share, so that limits are reached at once."""

    def leaps() -> Iterator[float]:
        random, now = np.random.default_rng(), 0.0
        while True:
            now += float(random.exponential(0.05))
            yield now

    clock = leaps()
    monkeypatch.setattr(pace_of, "time", SimpleNamespace(monotonic=lambda: next(clock)))


def made(
    panel: Panel,
    recipe: Recipe,
    pace: Pace | None = None,
    leave_after: int | None = None,
) -> FittedModel:
    fitting = Fitting(panel, recipe, pace=pace)
    for number, _ in enumerate(fitting.epochs(), start=1):
        if number == leave_after:
            break
    return fitting.finish()


def noted(model: FittedModel) -> Noted:
    assert model.manifest.made is not None
    assert model.manifest.made.pace is not None
    return model.manifest.made.pace


def again(model: FittedModel) -> Pace:
    return Pace(noted(model))


def files(model: FittedModel, folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in model.save(folder)}


def recipe_of(name: str, **more: Any) -> Recipe:
    return Recipe(name, HORIZON, None, quick(name, **more), 0)


@pytest.mark.parametrize(("name", "limit"), TIMED)
def test_a_model_that_hangs_on_time_is_made_again_to_the_last_byte(
    name: str, limit: str, panel: Panel, tmp_path: Path
) -> None:
    effort = {"max_epochs": 40, "patience": 40, "trees": 60}
    fields = ALGORITHMS[name].hyperparameters.model_fields
    more = {part: value for part, value in effort.items() if part in fields}
    recipe = recipe_of(name, **{limit: LIMITS[limit]}, **more)

    model = made(panel, recipe)
    repeated = made(panel, recipe, again(model))
    stored = files(model, tmp_path / "one")

    assert noted(model).steps
    assert stored == files(repeated, tmp_path / "two")
    assert load(tmp_path / "one").manifest.made == model.manifest.made


@pytest.mark.parametrize("name", ["lstm", "auto"])
def test_a_fit_that_was_left_early_is_left_there_again(name: str, panel: Panel) -> None:
    recipe = recipe_of(name)

    model = made(panel, recipe, leave_after=2)
    repeated = made(panel, recipe, again(model))

    assert noted(model).left_after == 2
    assert repeated.manifest == model.manifest


def test_the_fits_of_a_backtest_go_by_the_same_notes(panel: Panel) -> None:
    hyperparameters = quick("lstm", seconds=1, max_epochs=30)
    recipe = Recipe("lstm", HORIZON, None, hyperparameters, 0, backtest=Backtest(2, 1))

    model = made(panel, recipe)

    assert made(panel, recipe, again(model)).manifest == model.manifest


def test_where_nothing_hangs_on_time_nothing_is_noted(panel: Panel) -> None:
    model = made(panel, recipe_of("lstm"))

    assert model.manifest.made is not None
    assert model.manifest.made.pace is None


def test_a_fit_that_is_not_the_noted_one_is_refused(panel: Panel) -> None:
    model = made(panel, recipe_of("auto", time_limit=20))
    longer = panel_of(frame(days=300))

    with pytest.raises(Unrepeatable, match="not the training whose times were noted") as refused:
        made(longer, recipe_of("auto", time_limit=20, max_epochs=30), again(model))

    assert refused.value.field == "/pace_of"


def test_noted_times_are_said_again_one_by_one() -> None:
    first = Pace()
    said = [first.seconds() for _ in range(5)]
    second = Pace(first.notes(None))

    assert said == sorted(said)
    assert [second.seconds() for _ in range(5)] == said
    with pytest.raises(Unrepeatable):
        second.seconds()
