"""Small panels and quick fits that the tests of the forecasting core share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from shared.forecasting import ALGORITHMS, FittedModel, Fitting, Panel, Recipe, Scope

DAYS = 120
HORIZON = 7
QUICK = {
    "windows": 2,
    "paths": 4,
    "told": 16,
    "rank": 2,
    "max_epochs": 2,
    "batches_per_epoch": 4,
    "batch_size": 16,
    "hidden_size": 8,
    "trees": 6,
    "rows": 2000,
    "leaves": 5,
}


def frame(stores: int = 2, products: int = 2, days: int = DAYS, seed: int = 0) -> pd.DataFrame:
    """Return weekly patterned counts with a promotion, a price, visitors and a category."""
    random = np.random.default_rng(seed)
    dates = pd.date_range("2024-01-01", periods=days)
    parts = []
    for store in range(stores):
        for product in range(products):
            promotion = random.random(days) < 0.1
            level = 4 + 3 * store + 2 * product
            week = 1 + 0.5 * np.sin(2 * np.pi * np.arange(days) / 7)
            sales = random.poisson(level * week * np.where(promotion, 2, 1))
            parts.append(
                pd.DataFrame(
                    {
                        "store_id": f"S{store}",
                        "product_id": f"P{product}",
                        "date": dates,
                        "sales": sales.astype(float),
                        "promotion": promotion,
                        "price": np.where(promotion, 8.0, 10.0),
                        "visitors": random.poisson(50, days).astype(float),
                        "category": ["food", "care"][product % 2],
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def panel_of(
    data: pd.DataFrame,
    *,
    known: Sequence[str] = ("promotion", "price"),
    past: Sequence[str] = ("visitors",),
    static: Sequence[str] = ("category",),
    frequency: str = "D",
) -> Panel:
    return Panel.from_arrow(
        pa.Table.from_pandas(data, preserve_index=False),
        ids=["store_id", "product_id"],
        date="date",
        target="sales",
        frequency=frequency,
        known=known,
        past=past,
        static=static,
    )


def series_panel(
    values: Sequence[float] | NDArray[np.float64], frequency: str = "D", start: str = "2024-01-01"
) -> Panel:
    """Return a panel of one series without covariates."""
    dates = pd.date_range(start, periods=len(values), freq=frequency)
    data = pd.DataFrame({"id": "a", "date": dates, "y": np.asarray(values, float)})
    return Panel.from_arrow(
        pa.Table.from_pandas(data, preserve_index=False),
        ids=["id"],
        date="date",
        target="y",
        frequency=frequency,
    )


def quick(algorithm: str, **more: Any) -> dict[str, Any]:
    """Return hyper-parameters that make an algorithm learn in a moment."""
    known = ALGORITHMS[algorithm].hyperparameters.model_fields
    return {**{name: value for name, value in QUICK.items() if name in known}, **more}


def fit(
    panel: Panel,
    algorithm: str,
    *,
    horizon: int = HORIZON,
    seed: int = 0,
    scope: Scope | None = None,
    context: int | None = None,
    **more: Any,
) -> FittedModel:
    recipe = Recipe(algorithm, horizon, context, quick(algorithm, **more), seed)
    fitting = Fitting(panel, recipe, scope)
    for _ in fitting.epochs():
        pass
    return fitting.finish()


def filled(panel: Panel) -> Panel:
    return panel.with_future([], dict.fromkeys(panel.known, "last"))
