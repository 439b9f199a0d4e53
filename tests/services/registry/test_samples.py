"""Sample data: realistic, seeded, and accepted like any other dataset."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pyarrow import parquet as pq

from tests.services.registry.conftest import problem

SMALL = {"stores": 3, "products": 8, "days": 400}


async def make(registry: AsyncClient, **request: Any) -> Any:
    response = await registry.post("/sample-data", json=SMALL | request)
    assert response.status_code == 201, response.text
    return response.json()


@pytest.mark.parametrize("kind", ["pharmacy", "weather", "electricity", "traffic"])
async def test_every_kind_is_the_same_for_the_same_seed(registry: AsyncClient, kind: str) -> None:
    first = await make(registry, kind=kind)
    second = await make(registry, kind=kind)
    other = await make(registry, kind=kind, seed=1)

    assert first["digest"] == second["digest"] != other["digest"]
    assert (first["kind"], first["source"]) == (kind, "sample")
    assert first["known"], "something is known in advance"
    assert "personal_data" not in [f["code"] for f in first["quality"]["findings"]]
    assert first["future_end"] > first["end"]


async def test_a_pharmacy_sells_like_one(registry: AsyncClient, app: FastAPI) -> None:
    dataset = await make(registry, products=40, days=730)

    panel = pq.read_table(app.state.store.path(dataset["digest"]))
    assert panel.schema.names == [
        "store_id",
        "product_id",
        "date",
        "sales",
        "price",
        "promotion",
        "category",
    ]
    past = panel.filter(pc.is_valid(panel.column("sales")))
    sales = past.column("sales").to_numpy()
    promoted = past.column("promotion").to_numpy() > 0
    assert sales.min() == 0
    assert (sales == np.round(sales)).all()
    assert sales[promoted].mean() > 1.2 * sales[~promoted].mean()
    assert panel.column("price").null_count == 0
    assert (dataset["start"], dataset["end"]) == ("2024-07-01T00:00:00Z", "2026-06-30T00:00:00Z")
    assert dataset["future_end"] == "2026-08-29T00:00:00Z"


async def test_the_sample_has_seasons_new_products_and_rare_ones(registry: AsyncClient) -> None:
    dataset = await make(registry, products=60, days=730)
    path = f"/datasets/{dataset['id']}/series"

    series = (await registry.get(path, params={"page_size": 1000})).json()["items"]

    assert len(series) == 180
    assert {s["demand"] for s in series} >= {"smooth", "intermittent"}
    starts, ends = {s["start"] for s in series}, {s["end"] for s in series}
    assert len(starts) > 1, "some products are new"
    assert len(ends) > 1, "some products are discontinued"
    assert {s["keys"]["store_id"] for s in series} == {"S001", "S002", "S003"}


async def drawn(registry: AsyncClient, app: FastAPI, **request: Any) -> pd.DataFrame:
    """Return the rows of a sample with a target."""
    dataset = await make(registry, **request)
    frame = pq.read_table(app.state.store.path(dataset["digest"])).to_pandas()
    return frame.dropna(subset=[dataset["target"]])


def runs_of_zeros(sales: pd.Series) -> int:
    zero = sales == 0
    return int(zero.groupby((~zero).cumsum()).sum().max())


async def test_sales_have_a_trend_seasons_holidays_prices_and_stock_outs(
    registry: AsyncClient, app: FastAPI
) -> None:
    rows = await drawn(registry, app, stores=5, products=60, days=1095)
    by_day = rows.groupby("date").sales.sum()
    days = pd.DatetimeIndex(by_day.index)
    week = by_day.groupby(days.dayofweek).mean()
    flu = rows[rows.category == "cold and flu"].groupby(rows.date.dt.month).sales.mean()
    first, last = by_day[:365].sum(), by_day[-365:].sum()
    labour_days = by_day[(days.month == 5) & (days.day == 1)]
    sold = rows.groupby(["store_id", "product_id"]).sales
    fast = [runs_of_zeros(group) for _, group in sold if group.mean() > 8]

    assert week.idxmin() == 6, "Sundays are quiet"
    assert flu.idxmax() in (12, 1, 2)
    assert flu.idxmin() in (6, 7, 8)
    assert abs(last / first - 1) > 0.02, "the chain grows or shrinks"
    assert labour_days.max() < 0.7 * by_day.mean()
    assert rows.groupby("product_id").price.nunique().min() > 1
    assert max(fast) >= 4, "what sells every day is out of stock now and then"
    assert sold.apply(lambda s: (s == 0).mean()).max() > 0.8, "some products sell rarely"


@pytest.mark.parametrize(("kind", "target"), [("electricity", "kwh"), ("traffic", "vehicles")])
async def test_hours_have_days_weeks_years_and_holidays(
    registry: AsyncClient, app: FastAPI, kind: str, target: str
) -> None:
    rows = await drawn(registry, app, kind=kind, stores=6, products=12, days=800)
    total = rows.groupby("date")[target].mean()
    index = pd.DatetimeIndex(total.index)
    hour, weekday = index.hour, index.dayofweek
    free = rows.groupby("date").holiday.first() > 0
    months = total.groupby(index.month).mean()

    assert total[hour == 3].mean() < 0.6 * total[hour == 18].mean()
    assert total[weekday >= 5].mean() < 0.9 * total[weekday < 5].mean()
    assert total[free].mean() < 0.9 * total[~free].mean()
    assert months.max() > 1.05 * months.min()


async def test_temperatures_follow_the_year(registry: AsyncClient, app: FastAPI) -> None:
    rows = await drawn(registry, app, kind="weather", stores=4, days=800)
    months = rows.groupby(rows.date.dt.month).temperature.mean()

    assert months.idxmax() in (6, 7, 8)
    assert months.idxmin() in (12, 1, 2)


async def test_no_covariate_of_a_sample_has_holes(registry: AsyncClient, app: FastAPI) -> None:
    for kind in ("pharmacy", "weather", "electricity", "traffic"):
        dataset = await make(registry, kind=kind, days=90)
        panel = pq.read_table(app.state.store.path(dataset["digest"]))
        for name in dataset["known"]:
            assert panel.column(name).null_count == 0, f"{kind}: {name}"


async def test_a_sample_too_large_or_of_no_kind_is_refused(registry: AsyncClient) -> None:
    huge = {"kind": "electricity", "products": 1000, "days": 3650}

    problem(await registry.post("/sample-data", json=huge), 422, "/days")
    problem(await registry.post("/sample-data", json={"kind": "cinema"}), 422, "/kind")
    problem(await registry.post("/sample-data", json={"stores": 0}), 422, "/stores")
