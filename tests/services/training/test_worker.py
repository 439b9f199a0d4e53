"""Real workers and runners: what becomes of a task, from training to publishing."""

import signal
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.contracts.tasks import FINAL, Event, StatusEvent
from shared.kit import events
from tests.services.training.conftest import ENDED, Workers, eventually, ordered, reached
from tests.services.training.registry import Registry


async def told(app: FastAPI, task: dict[str, Any]) -> list[Event]:
    return await events.read(app.state.counter.queue.redis, UUID(task["id"]))


async def final_event(app: FastAPI, task: dict[str, Any]) -> StatusEvent:
    """Return the last event, which is told a moment after the status is written down."""

    async def look() -> StatusEvent | None:
        last = (await told(app, task))[-1]
        return last if isinstance(last, StatusEvent) and last.status in FINAL else None

    found: StatusEvent = await eventually(look)
    return found


async def test_a_training_ends_with_a_published_model(
    app: FastAPI, training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start()
    task = await ordered(training, registry, algorithm="seasonal_naive", seed=3)

    ended = await reached(training, task, *ENDED)

    assert (ended["status"], ended["progress"], ended["attempt"]) == ("succeeded", 1.0, 1)
    assert ended["result"]["model"] == ended["model"] == "seasonal_naive_global_pharmacy"
    [version] = registry.versions()
    assert str(version.lineage.task_id) == task["id"]
    assert (version.lineage.seed, version.version) == (3, ended["result"]["version"])
    assert {file.name for file in version.files} == {
        "manifest.json",
        "model.safetensors",
        "evaluation.json",
        "residuals.safetensors",
    }
    assert ended["result"]["metrics"]["wql"] is not None
    await final_event(app, task)
    kinds = [event.type for event in await told(app, task)]
    assert (kinds[:2], kinds[-1]) == (["status", "status"], "status")
    assert {"epoch", "log", "metric"} < set(kinds)


async def test_one_worker_trains_one_task_after_the_other(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start(training_warm=True)
    made = [await ordered(training, registry) for _ in range(3)]

    ended = [await reached(training, task, *ENDED) for task in made]

    assert [task["status"] for task in ended] == ["succeeded"] * 3
    assert len(registry.versions()) == 3


FAILURES = {
    "data": (422, "far too short", ["/horizon"]),
    "fault": (500, "RuntimeError: two wires touched", []),
    "memory": (507, "too little memory", []),
    "killed": (500, "most likely because memory ran out", []),
    "exit": (500, "exit status 7", []),
}


async def test_a_failed_training_says_why_and_the_worker_goes_on(
    app: FastAPI, training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start(training_slots=2)
    made = {
        trouble: await ordered(training, registry, hyperparameters={"trouble": trouble})
        for trouble in FAILURES
    }

    for trouble, (status, words, pointers) in FAILURES.items():
        ended = await reached(training, made[trouble], *ENDED)
        assert (ended["status"], ended["error"]["status"]) == ("failed", status)
        assert words in ended["error"]["detail"]
        assert [error["pointer"] for error in ended["error"]["errors"]] == pointers
        last = await final_event(app, made[trouble])
        assert last.error is not None
        assert last.error.detail == ended["error"]["detail"]
    assert registry.versions() == []


async def test_what_an_algorithm_prints_disturbs_nobody(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start()
    task = await ordered(training, registry, hyperparameters={"trouble": "noise"})

    assert (await reached(training, task, *ENDED))["status"] == "succeeded"


async def test_a_dataset_deleted_in_the_meantime_is_named(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    task = await ordered(training, registry)
    registry.delete_dataset(task["request"]["dataset_id"])
    workers.start()

    ended = await reached(training, task, *ENDED)

    assert ended["error"]["status"] == 404
    assert ended["error"]["errors"][0]["pointer"] == "/dataset_id"


async def test_a_registry_that_is_away_for_a_while_is_waited_for(
    app: FastAPI, training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    task = await ordered(training, registry)
    registry.switches.is_down = True
    workers.start()

    async def waits() -> bool:
        return any(e.type == "log" and "Trying again" in e.message for e in await told(app, task))

    await eventually(waits)
    registry.switches.is_down, registry.switches.publishing_is_down = False, True
    await eventually(lambda: registry.switches.refused_publishing)
    too_late = await training.post(f"/tasks/{task['id']}/cancel")
    registry.switches.publishing_is_down = False
    ended = await reached(training, task, *ENDED)

    assert too_late.status_code == 409
    assert ended["status"] == "succeeded"
    assert len(registry.versions()) == 1


@pytest.mark.parametrize("trouble", ["none", "stubborn"])
async def test_a_running_task_is_cancelled_and_its_process_freed(
    training: AsyncClient, registry: Registry, workers: Workers, trouble: str
) -> None:
    workers.start()
    long = {"epochs": 2, "seconds": 600, "trouble": trouble}
    task = await ordered(training, registry, hyperparameters=long)
    await eventually(workers.runners)
    await reached(training, task, "running")

    cancelled = await training.post(f"/tasks/{task['id']}/cancel")
    again = await training.post(f"/tasks/{task['id']}/cancel")
    await eventually(lambda: not workers.runners())

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert again.status_code == 409
    assert registry.versions() == []


async def test_two_slots_train_side_by_side_and_a_cancelled_task_frees_its_own(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start(training_slots=2)
    long = {"epochs": 6000, "seconds": 0.1}
    first, second = [await ordered(training, registry, hyperparameters=long) for _ in range(2)]
    third = await ordered(training, registry)
    await reached(training, first, "running")
    await reached(training, second, "running")

    await training.post(f"/tasks/{first['id']}/cancel")

    assert (await reached(training, third, *ENDED))["status"] == "succeeded"
    assert (await training.get(f"/tasks/{second['id']}")).json()["status"] == "running"
    await training.post(f"/tasks/{second['id']}/cancel")


async def test_a_worker_that_is_told_to_stop_gives_its_task_back(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    first = workers.start()
    task = await ordered(training, registry, hyperparameters={"epochs": 20, "seconds": 0.1})
    await reached(training, task, "running")
    await eventually(workers.runners)

    first.send_signal(signal.SIGTERM)
    assert first.wait(15) == 0
    left = (await training.get(f"/tasks/{task['id']}")).json()
    workers.start()
    ended = await reached(training, task, *ENDED)

    assert (left["status"], left["progress"]) == ("queued", 0.0)
    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert len(registry.versions()) == 1
