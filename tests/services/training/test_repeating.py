"""A training can be had once more, by the times it noted, and comes out the same."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.contracts.tasks import LogEvent
from tests.services.training.conftest import ENDED, Workers, ordered, reached
from tests.services.training.registry import Registry
from tests.services.training.test_worker import final_event, told

TIMED = {"algorithm": "lstm", "hyperparameters": {"seconds": 1, "hidden_size": 8}}


async def logged(app: FastAPI, task: dict[str, Any]) -> list[str]:
    await final_event(app, task)
    return [event.message for event in await told(app, task) if isinstance(event, LogEvent)]


async def repeated(training: AsyncClient, task: dict[str, Any]) -> dict[str, Any]:
    answer = await training.post(f"/tasks/{task['id']}/repeat")
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/tasks/{answer.json()['id']}"
    again: dict[str, Any] = answer.json()
    return again


async def test_a_training_bound_by_time_is_made_again_to_the_byte(
    app: FastAPI, training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start()
    task = await reached(training, await ordered(training, registry, **TIMED), *ENDED)

    again = await repeated(training, task)
    ended = await reached(training, again, *ENDED)

    assert ended["status"] == "succeeded", ended["error"]
    model, number = task["result"]["model"], task["result"]["version"]
    assert ended["request"] == {**task["request"], "pace_of": {"model": model, "version": number}}
    assert ended["result"]["metrics"] == task["result"]["metrics"]
    first, second = sorted(registry.versions(), key=lambda one: one.version)
    assert (first.version, second.version) == (number, number + 1)
    digests = [
        {file.name: file.digest for file in version.files if file.name != "manifest.json"}
        for version in (first, second)
    ]
    assert digests[0] == digests[1]
    said = await logged(app, again)
    assert f"Made again: every file is that of version {number} of {model}, to the byte." in said


async def test_what_came_out_different_is_named(
    app: FastAPI, training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start()
    task = await ordered(training, registry, algorithm="lstm", hyperparameters={"max_epochs": 1})
    task = await reached(training, task, *ENDED)
    model, number = task["result"]["model"], task["result"]["version"]
    other = {**task["request"], "seed": 5, "pace_of": {"model": model, "version": number}}

    answer = await training.post("/training", json=other)
    ended = await reached(training, answer.json(), *ENDED)

    assert ended["status"] == "succeeded", ended["error"]
    [message] = [one for one in await logged(app, ended) if one.startswith("This is not")]
    assert message.startswith(
        f"This is not version {number} of {model} again, other files came out:"
    )
    assert "model.safetensors" in message


async def test_only_a_training_that_left_a_model_is_repeated(
    training: AsyncClient, registry: Registry
) -> None:
    task = await ordered(training, registry)

    answer = await training.post(f"/tasks/{task['id']}/repeat")

    assert answer.status_code == 409
    assert answer.json()["detail"] == "Only a training that has left a model can be made again."


@pytest.mark.parametrize(
    ("ahead", "detail"),
    [
        (1, "has no version"),
        (0, "was made by seasonal_naive, so its times say nothing to sleepy."),
    ],
)
async def test_times_of_another_model_are_refused(
    training: AsyncClient,
    registry: Registry,
    workers: Workers,
    ahead: int,
    detail: str,
) -> None:
    workers.start()
    task = await ordered(training, registry, algorithm="seasonal_naive")
    task = await reached(training, task, *ENDED)
    asked = {"model": task["model"], "version": task["result"]["version"] + ahead}

    answer = await training.post(
        "/training",
        json={
            "dataset_id": task["request"]["dataset_id"],
            "algorithm": "sleepy",
            "horizon": 7,
            "pace_of": asked,
        },
    )

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/pace_of"
    assert detail in error["detail"]


async def test_a_model_deleted_in_the_meantime_is_named(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    worker = workers.start()
    task = await ordered(training, registry, algorithm="seasonal_naive")
    task = await reached(training, task, *ENDED)
    worker.terminate()
    worker.wait(20)
    again = await repeated(training, task)
    registry.delete_model(task["model"])

    workers.start()
    ended = await reached(training, again, *ENDED)

    assert ended["status"] == "failed"
    assert ended["error"]["errors"][0]["pointer"] == "/pace_of"
    assert "was deleted before it was made again" in ended["error"]["detail"]
