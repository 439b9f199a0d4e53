"""Generated sales that the rows learn from: a week, a year, promotions and levels of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from shared.forecasting import Panel

HORIZON = 28
CONTEXT = 56
DAYS = 1095
SERIES = 500
KNOWN = ("promotion", "price")


def table(series: int = SERIES, days: int = DAYS, *, ahead: int = 0) -> pa.Table:
    """Return daily counts of some products; the last `ahead` days have covariates only."""
    random = np.random.default_rng(7)
    steps, shape = np.arange(days), (series, days)
    promotion = random.random(shape) < 0.08
    level = random.gamma(1.2, 8.0, (series, 1)) + 0.2
    week = 1 + random.uniform(0, 0.6, (series, 1)) * np.sin(
        2 * np.pi * (steps / 7 + random.uniform(0, 1, (series, 1)))
    )
    year = 1 + random.uniform(0, 0.4, (series, 1)) * np.sin(
        2 * np.pi * (steps / 365.25 + random.uniform(0, 1, (series, 1)))
    )
    wander = np.exp(0.02 * np.cumsum(random.normal(0, 1, shape), 1))
    rate = level * week * year * np.clip(wander, 0.2, 5.0) * np.where(promotion, 1.8, 1.0)
    sales = random.poisson(rate * random.gamma(4.0, 0.25, shape)).astype(np.float32)
    sales[:, days - ahead :] = np.nan
    names = pa.array([f"P{one:06}" for one in range(series)])
    places = np.repeat(np.arange(series, dtype=np.int32), days)
    dates = np.datetime64("2021-01-01", "us") + steps * np.timedelta64(1, "D")
    prices = np.where(promotion, 8.0, 10.0)
    return pa.table(
        {
            "product_id": pa.DictionaryArray.from_arrays(places, names),
            "date": pa.array(np.tile(dates, series)),
            "sales": pa.array(sales.ravel(), from_pandas=True),
            "promotion": pa.array(promotion.ravel().astype(np.float32)),
            "price": pa.array(prices.ravel().astype(np.float32)),
        }
    )


def panel(found: pa.Table, known: tuple[str, ...] = KNOWN) -> Panel:
    """Return the table as a panel."""
    return Panel.from_arrow(
        found, ids=["product_id"], date="date", target="sales", frequency="D", known=known
    )


def long_frame(found: pa.Table) -> pd.DataFrame:
    """Return the table with the column names that neuralforecast expects."""
    frame = found.to_pandas()
    frame["product_id"] = frame["product_id"].astype(str)
    return frame.rename(columns={"product_id": "unique_id", "date": "ds", "sales": "y"})
