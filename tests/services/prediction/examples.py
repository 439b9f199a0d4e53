"""Tiny sales and models fitted to them."""

from datetime import UTC, datetime
from itertools import product as product_of
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from shared.forecasting import FittedModel, Fitting, Panel, Recipe, Scope

torch.set_num_threads(1)  # more are slower on small networks, and starve the tests beside
DAYS = 120
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LAST = datetime(2024, 4, 29, tzinfo=UTC)
IDS = ["store", "product"]


LONGEST = 150


def sales(price: bool = False, days: int = DAYS) -> pa.Table:
    """Return daily sales of 2 x 2 series with a weekly season; P2 in S2 has a gap of ten days."""
    dates = np.datetime64("2024-01-01", "us") + np.arange(days) * np.timedelta64(1, "D")
    season = 20 + 8 * np.sin(2 * np.pi * np.arange(LONGEST) / 7)
    parts = []
    for number, (store, product) in enumerate(product_of(("S1", "S2"), ("P1", "P2"))):
        random = np.random.default_rng(number)
        values: list[float | None] = list(random.poisson(season).astype(float)[:days])
        if number == 3:
            values[10:20] = [None] * 10
        columns: dict[str, pa.Array[Any]] = {
            "store": pa.array([store] * days),
            "product": pa.array([product] * days),
            "date": pa.array(dates),
            "sales": pa.array(values, pa.float64()),
        }
        if price:
            columns["price"] = pa.array(random.uniform(1, 2, LONGEST)[:days])
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def panel(table: pa.Table) -> Panel:
    known = [name for name in table.column_names if name == "price"]
    return Panel.from_arrow(table, ids=IDS, date="date", target="sales", frequency="D", known=known)


def fit(
    table: pa.Table, algorithm: str = "seasonal_naive", scope: Scope | None = None
) -> FittedModel:
    small = {"max_epochs": 1, "batches_per_epoch": 2, "hidden_size": 8}
    parameters = {} if algorithm == "seasonal_naive" else small
    recipe = Recipe(algorithm, horizon=7, context_length=14, hyperparameters=parameters)
    fitting = Fitting(panel(table), recipe, scope)
    for _ in fitting.epochs():
        pass
    return fitting.finish()
