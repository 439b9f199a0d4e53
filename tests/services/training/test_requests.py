"""Ordering a training: what is accepted, what is refused, and in which words."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.contracts.datasets import Dataset
from shared.contracts.tasks import Task
from shared.kit import events
from shared.kit.queue import Queue
from tests.services.training.conftest import Workers
from tests.services.training.registry import Registry


@pytest.fixture
def dataset(registry: Registry) -> Dataset:
    return registry.add_dataset()


def order(dataset: Dataset, **changes: Any) -> dict[str, Any]:
    return {
        "dataset_id": str(dataset.id),
        "algorithm": "sleepy",
        "scope": {"level": "product", "product_id": "P1"},
        "horizon": 7,
        **changes,
    }


@pytest.mark.parametrize("path", ["/training", "/train"])
async def test_a_training_is_queued_and_can_be_looked_up(
    training: AsyncClient, dataset: Dataset, redis_url: str, path: str
) -> None:
    answer = await training.post(path, json=order(dataset))

    task = Task.model_validate_json(answer.content)
    queue = Queue(redis_url)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/tasks/{task.id}"
    assert (task.status, task.model, task.attempt) == ("queued", "sleepy_product_P1", 0)
    assert (await training.get(f"/tasks/{task.id}")).json() == answer.json()
    assert await queue.waiting([(task.id, 1)]) == {(task.id, 1)}
    [event] = await events.read(queue.redis, task.id)
    assert event.type == "status"
    assert event.status == "queued"
    await queue.close()


async def test_every_product_summed_over_its_shops_is_one_training(
    training: AsyncClient, dataset: Dataset
) -> None:
    scope = {"level": "product", "total": True}

    answer = await training.post("/training", json=order(dataset, scope=scope))

    assert answer.status_code == 202
    assert Task.model_validate_json(answer.content).model == "sleepy_product_total"


@pytest.mark.parametrize(
    ("changes", "status", "pointer", "words"),
    [
        ({"algorithm": "sleppy"}, 422, "/algorithm", "Did you mean 'sleepy'?"),
        ({"algorithm": "faraway"}, 409, "/algorithm", "quantum computer"),
        ({"hyperparameters": {"epoch": 3}}, 422, "/hyperparameters/epoch", "'epochs'"),
        ({"hyperparameters": {"epochs": 0}}, 422, "/hyperparameters/epochs", "at least 1"),
        ({"hyperparameters": {"epochs": 1.5}}, 422, "/hyperparameters/epochs", "whole number"),
        ({"hyperparameters": {"epochs": True}}, 422, "/hyperparameters/epochs", "whole number"),
        ({"hyperparameters": {"epochs": None}}, 422, "/hyperparameters/epochs", "whole number"),
        ({"hyperparameters": {"epochs": 10**400}}, 422, "/hyperparameters/epochs", "at most"),
        ({"hyperparameters": {"seconds": "a"}}, 422, "/hyperparameters/seconds", "a number"),
        ({"hyperparameters": {"a/b~c": 1}}, 422, "/hyperparameters/a~1b~0c", "has no"),
        ({"hyperparameters": []}, 422, "/hyperparameters", ""),
        ({"scope": {"level": "product"}}, 422, "/scope/product_id", "Say which product"),
        ({"scope": {"level": "store", "product_id": "P1"}}, 422, "/scope/store_id", "store"),
        ({"scope": {"level": "series"}}, 422, "/scope", "store_id, product_id"),
        ({"scope": {"level": "global", "shop": "S1"}}, 422, "/scope/shop", "store_id, product_id"),
        (
            {"scope": {"level": "product", "product_id": "P9"}},
            422,
            "/scope/product_id",
            "No series has product_id 'P9'",
        ),
        ({"scope": {"level": "shelf"}}, 422, "/scope/level", ""),
        ({"scope": {"level": "product", "product_id": 7}}, 422, "/scope/product_id", ""),
        ({"horizon": 0}, 422, "/horizon", ""),
        ({"horizon": 117}, 422, "/horizon", "116 or fewer"),
        ({"test_steps": 6}, 422, "/test_steps", "at least as many"),
        ({"validation_steps": 6}, 422, "/validation_steps", "at least as many"),
        ({"test_steps": 110}, 422, "/test_steps", "Keep 116 at most"),
        ({"test_steps": 50, "validation_steps": 67}, 422, "/validation_steps", "117 of them"),
        ({"horizon": 20, "context_length": 101}, 422, "/context_length", "100 at most"),
        (
            {"scope": {"level": "series", "store_id": "S2", "product_id": "P3"}},
            422,
            "/horizon",
            "6 or fewer",
        ),
        ({"holidays": "XX"}, 422, "/holidays", "two letters"),
        ({"holidays": "DE-QQ"}, 422, "/holidays", "only BB"),
        ({"holidays": "China"}, 422, "/holidays", ""),
        ({"backtest_windows": 101}, 422, "/backtest_windows", ""),
        ({"seed": -1}, 422, "/seed", ""),
        ({"colour": "red"}, 422, "/colour", ""),
        ({"dataset_id": "nonsense"}, 422, "/dataset_id", ""),
        ({"dataset_id": str(uuid4())}, 404, "/dataset_id", "may have been deleted"),
    ],
)
async def test_what_cannot_be_trained_is_refused_at_its_field(
    training: AsyncClient,
    dataset: Dataset,
    changes: dict[str, Any],
    status: int,
    pointer: str,
    words: str,
) -> None:
    answer = await training.post("/training", json=order(dataset, **changes))

    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    [error] = [one for one in problem["errors"] if one["pointer"] == pointer]
    assert words in error["detail"]
    assert (await training.get("/tasks")).json()["total"] == 0


async def test_all_wrong_fields_are_named_at_once(training: AsyncClient, dataset: Dataset) -> None:
    changes = {"hyperparameters": {"epochs": 0, "second": 1}, "scope": {"level": "product"}}

    answer = await training.post("/training", json=order(dataset, **changes))

    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/hyperparameters/epochs",
        "/hyperparameters/second",
        "/scope/product_id",
    }


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_a_number_that_is_not_finite_is_refused(
    training: AsyncClient, dataset: Dataset, number: str
) -> None:
    body = (
        f'{{"dataset_id": "{dataset.id}", "algorithm": "sleepy", "horizon": 7, '
        f'"hyperparameters": {{"seconds": {number}}}}}'
    )

    answer = await training.post(
        "/training", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 422
    assert (await training.get("/tasks")).json()["total"] == 0


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800"])
@pytest.mark.parametrize(
    "field",
    [
        '"scope": {"level": "product", "product_id": "TEXT"}',
        '"scope": {"level": "series", "TEXT": "S1"}',
        '"hyperparameters": {"trouble": "TEXT"}',
        '"hyperparameters": {"TEXT": 1}',
        '"TEXT": 1',
    ],
)
async def test_text_that_cannot_be_stored_is_refused(
    training: AsyncClient, dataset: Dataset, field: str, text: str
) -> None:
    body = (
        f'{{"dataset_id": "{dataset.id}", "algorithm": "sleepy", "horizon": 7, '
        f"{field.replace('TEXT', text)}}}"
    )

    answer = await training.post(
        "/training", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 422


async def test_a_level_that_the_dataset_lacks_names_the_ones_it_has(
    training: AsyncClient, registry: Registry
) -> None:
    dataset = registry.add_dataset(ids=("building", "sensor"))

    answer = await training.post("/training", json=order(dataset))

    [error] = answer.json()["errors"]
    assert error["pointer"] == "/scope/level"
    assert "sensor" in error["detail"]


async def test_a_service_without_a_worker_is_ready_and_says_that_tasks_wait(
    training: AsyncClient, workers: Workers
) -> None:
    async def notes() -> Any:
        answer = await training.get("/readyz")
        assert answer.status_code == 200
        return answer.json()["notes"]

    assert await notes() == {"worker": "No worker is running: tasks wait."}

    workers.start()

    while await notes():
        await asyncio.sleep(0.1)


async def test_nothing_is_stored_while_the_queue_is_down(
    app: FastAPI, training: AsyncClient, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Queue("redis://127.0.0.1:1/0")
    monkeypatch.setattr(app.state.counter.queue, "_redis", dead.redis)

    answer = await training.post("/training", json=order(dataset))
    ready = await training.get("/readyz")

    assert (answer.status_code, ready.status_code) == (503, 503)
    assert (await training.get("/tasks")).json()["total"] == 0


async def test_nothing_is_stored_while_the_registry_is_down(
    training: AsyncClient, dataset: Dataset, registry: Registry
) -> None:
    registry.switches.is_down = True

    answer = await training.post("/training", json=order(dataset))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await training.get("/tasks")).json()["total"] == 0


async def test_tasks_are_listed_newest_first_and_filtered(
    training: AsyncClient, dataset: Dataset
) -> None:
    made = [(await training.post("/training", json=order(dataset))).json() for _ in range(5)]
    await training.post(f"/tasks/{made[1]['id']}/cancel")

    first = (await training.get("/tasks", params={"page_size": 3})).json()
    rest = (await training.get("/tasks", params={"page_token": first["next_page_token"]})).json()
    cancelled = (await training.get("/tasks", params={"status": "cancelled"})).json()
    compared = (await training.get("/tasks", params={"kind": "comparison"})).json()
    stats = (await training.get("/internal/stats")).json()

    listed = [task["id"] for task in first["items"] + rest["items"]]
    assert listed == [task["id"] for task in reversed(made)]
    assert [task["id"] for task in cancelled["items"]] == [made[1]["id"]]
    assert (first["total"], compared["total"]) == (5, 0)
    assert stats == {"queued": 4, "running": 0, "succeeded": 0, "failed": 0, "cancelled": 1}


async def test_an_unknown_task_is_not_found(training: AsyncClient) -> None:
    for answer in (
        await training.get(f"/tasks/{uuid4()}"),
        await training.post(f"/tasks/{uuid4()}/cancel"),
    ):
        assert answer.status_code == 404


async def test_a_queued_task_is_cancelled_once(
    training: AsyncClient, dataset: Dataset, redis_url: str
) -> None:
    task = (await training.post("/training", json=order(dataset))).json()

    first = await training.post(f"/tasks/{task['id']}/cancel")
    second = await training.post(f"/tasks/{task['id']}/cancel")

    queue = Queue(redis_url)
    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert first.json()["finished_at"] is not None
    assert (second.status_code, second.json()["status"]) == (409, 409)
    assert await queue.waiting([(UUID(task["id"]), 1)]) == set()
    await queue.close()


async def test_every_algorithm_is_listed_with_its_form(training: AsyncClient) -> None:
    answer = await training.get("/algorithms")

    found = {algorithm["name"]: algorithm for algorithm in answer.json()["items"]}
    assert {"seasonal_naive", "lstm", "sleepy", "faraway"} <= set(found)
    assert found["sleepy"]["available"]
    assert found["faraway"]["reason"] == "it needs a quantum computer."
    assert "epochs" in found["sleepy"]["hyperparameters"]["properties"]
