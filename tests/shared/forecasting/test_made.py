"""The manifest says enough to make a model again."""

from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from shared.forecasting import Backtest, Fitting, Panel, Recipe, load
from tests.shared.forecasting.samples import HORIZON, fit, quick


def test_the_manifest_says_what_numbers_hang_on(panel: Panel, tmp_path: Path) -> None:
    fit(panel, "seasonal_naive").save(tmp_path)

    made = load(tmp_path).manifest.made

    assert made is not None
    assert made.steps is None
    assert made.packages["numpy"] == version("numpy")
    assert made.packages["torch"] == version("torch")
    assert made.packages["lightgbm"] == version("lightgbm")
    assert made.threads == torch.get_num_threads()
    assert made.device == "cpu" or torch.cuda.is_available()


@pytest.mark.parametrize("name", ["lstm", "nhits"])
def test_the_steps_of_the_best_epoch_are_noted(name: str, panel: Panel) -> None:
    options = quick(name, max_epochs=8, learning_rate=0.1)
    fitting = Fitting(panel, Recipe(name, HORIZON, None, options))
    best = [epoch.number for epoch in fitting.epochs() if epoch.best][-1]

    made = fitting.finish().manifest.made

    assert made is not None
    assert made.steps == best * options["batches_per_epoch"]


def test_the_trees_that_were_kept_are_noted(panel: Panel) -> None:
    model = fit(panel, "lightgbm")

    assert model.manifest.made is not None
    assert model.manifest.made.steps == model.forecaster.boosters[0].num_trees()  # type: ignore[attr-defined]


def test_how_it_was_checked_is_noted(panel: Panel) -> None:
    recipe = Recipe("seasonal_naive", 7, validation=14, test=7, backtest=Backtest(2, 1))
    fitting = Fitting(panel, recipe)
    for _ in fitting.epochs():
        pass

    made = fitting.finish().manifest.made

    assert made is not None
    assert (made.validation_steps, made.test_steps) == (14, 7)
    assert made.backtest == {"windows": 2, "refit_every": 1, "stride": 0}
