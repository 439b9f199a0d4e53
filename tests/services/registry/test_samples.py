"""Sample data: realistic, seeded, and accepted like any other dataset."""

from typing import Any

import numpy as np
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
