"""What others do wrong: the registry is down or sends damage, clients leave, too many come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from asgi_lifespan import LifespanManager
from httpx import ASGITransport, AsyncClient, Response

from services.prediction.main import build
from services.prediction.settings import PredictionSettings
from shared.contracts.datasets import Dataset
from shared.forecasting import FittedModel
from tests.services.prediction.examples import sales
from tests.services.prediction.registry import Line, Registry

MODEL = "naive"


@pytest.fixture
async def dataset(registry: Registry, naive: FittedModel) -> Dataset:
    dataset = await registry.add_dataset(sales())
    await registry.publish(naive, dataset, MODEL)
    return dataset


async def ask(prediction: AsyncClient, **request: Any) -> Response:
    return await prediction.post("/prediction", json={"model": MODEL, **request})


async def count(prediction: AsyncClient) -> int:
    return int((await prediction.get("/internal/stats")).json()["forecasts"])


def cached(settings: PredictionSettings) -> list[Path]:
    return [path for path in (settings.data / "cache" / "sha256").rglob("*") if path.is_file()]


@asynccontextmanager
async def restarted(settings: PredictionSettings, line: Line) -> AsyncIterator[AsyncClient]:
    """Start the service again: the disk is as it was, the memory is empty."""
    app = build(settings, line)
    async with (
        LifespanManager(app, startup_timeout=60, shutdown_timeout=60),
        AsyncClient(transport=ASGITransport(app), base_url="http://service") as client,
    ):
        yield client


async def test_with_the_registry_down_nothing_new_can_be_forecast(
    prediction: AsyncClient, line: Line, dataset: Dataset
) -> None:
    line.is_down = True

    answer = await ask(prediction)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "registry" in answer.json()["detail"]
    assert await count(prediction) == 0


async def test_with_the_registry_down_what_is_named_exactly_is_served_from_memory(
    prediction: AsyncClient, line: Line, dataset: Dataset
) -> None:
    exactly = {"version": 1, "dataset_id": str(dataset.id)}
    assert (await ask(prediction)).status_code == 200

    line.is_down = True

    assert (await ask(prediction, **exactly)).status_code == 200
    assert (await ask(prediction, **exactly | {"version": "best"})).status_code == 503
    assert (await ask(prediction, version=1)).status_code == 503  # which dataset is the newest?


async def test_a_deleted_version_is_refused_though_it_is_in_memory(
    prediction: AsyncClient, registry: Registry, line: Line, dataset: Dataset
) -> None:
    exactly = {"version": 1, "dataset_id": str(dataset.id)}
    assert (await ask(prediction, **exactly)).status_code == 200

    await registry.delete_model(MODEL)

    assert (await ask(prediction, **exactly)).status_code == 404
    line.is_down = True
    assert (await ask(prediction, **exactly)).status_code == 503  # and it is forgotten


async def test_a_file_damaged_on_the_way_is_fetched_again(
    prediction: AsyncClient, line: Line, dataset: Dataset
) -> None:
    line.spoil = 1

    assert (await ask(prediction)).status_code == 200


async def test_files_that_always_come_damaged_are_refused_and_not_kept(
    prediction: AsyncClient, line: Line, dataset: Dataset
) -> None:
    line.spoil = 2
    answer = await ask(prediction)

    assert answer.status_code == 503
    assert "damaged" in answer.json()["detail"]
    assert (await ask(prediction)).status_code == 200  # the failure is not remembered


async def test_a_file_damaged_on_this_disk_is_fetched_again(
    settings: PredictionSettings, prediction: AsyncClient, line: Line, dataset: Dataset
) -> None:
    assert (await ask(prediction)).status_code == 200
    for path in cached(settings):
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    line.paths.clear()

    async with restarted(settings, line) as again:
        answer = await ask(again)

    assert answer.status_code == 200
    assert line.count("/internal/blobs/") == 3


async def test_what_is_on_this_disk_is_not_fetched_again(
    settings: PredictionSettings, prediction: AsyncClient, line: Line, dataset: Dataset
) -> None:
    assert (await ask(prediction)).status_code == 200
    line.paths.clear()

    async with restarted(settings, line) as again:
        assert (await ask(again)).status_code == 200

    assert line.count("/internal/blobs/") == 0


async def test_a_model_that_cannot_be_rebuilt_here_says_so(
    prediction: AsyncClient, registry: Registry, dataset: Dataset, naive: FittedModel
) -> None:
    newer = FittedModel(naive.manifest.model_copy(update={"format": 99}), naive.forecaster)
    await registry.publish(newer, dataset, "newer")

    answer = await ask(prediction, model="newer")

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/version"
