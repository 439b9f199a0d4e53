"""Notes how a model was made, so that it can be made again."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from shared.forecasting.devices import best_device
from shared.forecasting.manifest import Made
from shared.forecasting.pace import Noted
from shared.forecasting.recipe import Recipe
from shared.forecasting.register import Counting, Learner

PACKAGES = ("numpy", "torch", "lightgbm", "statsforecast", "fracast", "transformers")


def made(recipe: Recipe, learner: Learner | None, pace: Noted | None) -> Made:
    """Return what the data, the hyper-parameters and the seed do not say."""
    return Made(
        steps=learner.taken if isinstance(learner, Counting) else None,
        validation_steps=recipe.validation,
        test_steps=recipe.test,
        backtest=None if recipe.backtest is None else asdict(recipe.backtest),
        packages={name: found for name in PACKAGES if (found := _version(name))},
        python=platform.python_version(),
        threads=torch.get_num_threads(),
        cores=os.cpu_count() or 1,
        device=str(best_device()),
        pace=pace,
    )


def surroundings() -> dict[str, Any]:
    """Return what numbers would hang on here, as `Made.surroundings` says it of a model."""
    return made(Recipe("", 1), None, None).surroundings()


def code_version() -> str:
    """Return the version of the program, as installed."""
    return _version("shelfcast") or "0.1.0"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
