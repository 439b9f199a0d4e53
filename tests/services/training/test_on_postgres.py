"""The same service on PostgreSQL: what differs is the database, so one of each kind is enough."""

import pytest
from httpx import AsyncClient

from tests.services.training.conftest import ENDED, Workers, eventually, ordered, reached
from tests.services.training.registry import Registry


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


async def test_tasks_run_are_cancelled_and_are_listed(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start()
    done = await ordered(training, registry, algorithm="seasonal_naive")
    long = await ordered(training, registry, hyperparameters={"epochs": 6000, "seconds": 0.1})

    ended = await reached(training, done, *ENDED)
    await reached(training, long, "running")
    cancelled = await training.post(f"/tasks/{long['id']}/cancel")
    await eventually(lambda: not workers.runners())
    first = (await training.get("/tasks", params={"page_size": 1})).json()
    rest = (await training.get("/tasks", params={"page_token": first["next_page_token"]})).json()

    assert (ended["status"], cancelled.status_code) == ("succeeded", 200)
    assert [t["id"] for t in first["items"] + rest["items"]] == [long["id"], done["id"]]
    assert len(registry.versions()) == 1


async def test_a_killed_worker_is_replaced(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    first = workers.start()
    task = await ordered(training, registry, hyperparameters={"epochs": 30, "seconds": 0.1})
    await reached(training, task, "running")

    first.kill()
    workers.start()
    ended = await reached(training, task, *ENDED)

    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert len(registry.versions()) == 1
