"""Forecasts that were made: found again, listed, deleted, exported."""

import io
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from httpx import AsyncClient

from shared.contracts.datasets import Dataset
from shared.contracts.forecasts import Forecast
from shared.forecasting import FittedModel
from tests.services.prediction.asking import MODEL, ONE
from tests.services.prediction.examples import sales
from tests.services.prediction.registry import Registry


@pytest.fixture
async def dataset(registry: Registry, naive: FittedModel) -> Dataset:
    dataset = await registry.add_dataset(sales())
    await registry.publish(naive, dataset, MODEL)
    return dataset


async def make(prediction: AsyncClient, **request: Any) -> Forecast:
    answer = await prediction.post("/prediction", json={"model": MODEL, **request})
    assert answer.status_code == 200, answer.text
    return Forecast.model_validate_json(answer.content)


async def test_a_forecast_is_kept_and_comes_back_byte_for_byte(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    answer = await prediction.post("/prediction", json={"model": MODEL})

    found = await prediction.get(f"/prediction/{answer.json()['id']}")

    assert found.content == answer.content
    assert found.headers["content-type"] == "application/json"


async def test_the_history_lists_summaries_newest_first(
    prediction: AsyncClient, registry: Registry, dataset: Dataset, naive: FittedModel
) -> None:
    await registry.publish(naive, dataset, "naive")
    first = await make(prediction, series=[ONE])
    second = await make(prediction, model="naive")

    everything = (await prediction.get("/prediction")).json()
    of_naive = (await prediction.get("/prediction", params={"model": "naive"})).json()
    of_nothing = (await prediction.get("/prediction", params={"dataset_id": str(uuid4())})).json()

    assert [item["id"] for item in everything["items"]] == [str(second.id), str(first.id)]
    assert everything["items"][1]["first_series"] == ONE
    assert "series" not in everything["items"][0]
    assert [item["id"] for item in of_naive["items"]] == [str(second.id)]
    assert of_nothing == {"items": [], "next_page_token": None, "total": 0}


async def test_a_forecast_can_be_deleted_once(prediction: AsyncClient, dataset: Dataset) -> None:
    path = f"/prediction/{(await make(prediction)).id}"

    statuses = [
        (await prediction.delete(path)).status_code,
        (await prediction.delete(path)).status_code,
        (await prediction.get(path)).status_code,
        (await prediction.get(f"{path}/export")).status_code,
    ]

    assert statuses == [204, 404, 404, 404]
    stats = (await prediction.get("/internal/stats")).json()
    assert stats == {"forecasts": 0, "storage_bytes": 0}


async def test_stats_count_forecasts_and_bytes(prediction: AsyncClient, dataset: Dataset) -> None:
    forecast = await make(prediction)

    stats = (await prediction.get("/internal/stats")).json()

    assert stats == {"forecasts": 1, "storage_bytes": forecast.size_bytes}


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("parquet", "application/vnd.apache.parquet"),
    ],
)
async def test_a_forecast_can_be_exported(
    prediction: AsyncClient, dataset: Dataset, kind: str, media_type: str
) -> None:
    forecast = await make(prediction)

    answer = await prediction.get(f"/prediction/{forecast.id}/export", params={"format": kind})

    assert answer.headers["content-type"] == media_type
    assert f'filename="{MODEL}_v1_2024-04-30.{kind}"' in answer.headers["content-disposition"]
    if kind == "parquet":
        assert pq.read_table(io.BytesIO(answer.content)).num_rows == 4 * 7
