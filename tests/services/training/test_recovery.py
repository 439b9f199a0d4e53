"""Workers that are killed, and a queue that is wiped: every task is done, and done once."""

from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from services.training.orders import Counter
from tests.services.training.conftest import ENDED, Workers, eventually, ordered, reached
from tests.services.training.registry import Registry

SLOW = {"epochs": 30, "seconds": 0.1}


@pytest.fixture
def counter(app: FastAPI) -> Counter:
    counter: Counter = app.state.counter
    return counter


async def test_a_killed_worker_is_replaced_and_one_version_published(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    first = workers.start()
    task = await ordered(training, registry, hyperparameters=SLOW)
    await eventually(workers.runners)
    await reached(training, task, "running")

    first.kill()
    await eventually(lambda: not workers.runners())
    workers.start()
    ended = await reached(training, task, *ENDED)

    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert len(registry.versions()) == 1


async def test_another_worker_takes_over(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    both = [workers.start(), workers.start()]
    task = await ordered(training, registry, hyperparameters={"epochs": 300, "seconds": 0.1})
    [runner] = await eventually(workers.runners)
    busy = next(worker for worker in both if worker.pid == runner.ppid())

    busy.kill()

    async def second_attempt() -> bool:
        found = (await training.get(f"/tasks/{task['id']}")).json()
        return bool(found["status"] == "running" and found["attempt"] == 2)

    await eventually(second_attempt)
    await training.post(f"/tasks/{task['id']}/cancel")


async def test_a_version_promised_by_a_killed_worker_is_published_once(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    registry.switches.publishing_is_down = True
    first = workers.start()
    task = await ordered(training, registry)
    await eventually(lambda: registry.switches.refused_publishing)

    first.kill()
    first.wait(10)
    registry.switches.publishing_is_down = False
    workers.start()
    ended = await reached(training, task, *ENDED)

    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert (len(registry.versions()), registry.switches.published) == (1, 1)


async def test_tasks_survive_a_wiped_queue(
    training: AsyncClient, registry: Registry, workers: Workers, counter: Counter
) -> None:
    queued = await ordered(training, registry)
    await counter.queue.redis.flushall()

    workers.start()
    ended = await reached(training, queued, *ENDED)

    assert (ended["status"], ended["attempt"]) == ("succeeded", 1)


async def test_a_running_task_goes_on_when_the_queue_is_wiped(
    training: AsyncClient, registry: Registry, workers: Workers, counter: Counter
) -> None:
    workers.start()
    workers.start()
    task = await ordered(training, registry, hyperparameters={"epochs": 150, "seconds": 0.1})
    await reached(training, task, "running")

    await counter.queue.redis.flushall()
    ended = await reached(training, task, *ENDED)

    assert (ended["status"], ended["attempt"]) == ("succeeded", 1)
    assert len(registry.versions()) == 1


async def test_a_task_whose_worker_and_queue_are_lost_is_taken_again(
    training: AsyncClient, registry: Registry, workers: Workers, counter: Counter
) -> None:
    first = workers.start()
    task = await ordered(training, registry, hyperparameters=SLOW)
    await reached(training, task, "running")

    first.kill()
    first.wait(10)
    await counter.queue.redis.flushall()
    workers.start()
    ended = await reached(training, task, *ENDED)

    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert len(registry.versions()) == 1


async def test_a_task_that_was_stored_but_never_queued_is_done(
    training: AsyncClient, registry: Registry, workers: Workers, counter: Counter
) -> None:
    task = await ordered(training, registry)
    await counter.queue.withdraw(UUID(task["id"]), 1)

    workers.start()

    assert (await reached(training, task, *ENDED))["status"] == "succeeded"


async def test_a_frozen_worker_has_no_say_when_it_wakes_up(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    first = workers.start()
    task = await ordered(training, registry, hyperparameters={"epochs": 60, "seconds": 0.1})
    [runner] = await eventually(workers.runners)
    await reached(training, task, "running")

    first.suspend()
    workers.start()
    ended = await reached(training, task, *ENDED)
    first.resume()
    await eventually(lambda: not runner.is_running())

    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert len(registry.versions()) == 1
