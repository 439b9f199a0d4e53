"""The WebSocket of a task: replay, live events, and every way in which it ends."""

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from services.training import live, tasks
from services.training.orders import Counter
from shared.contracts.tasks import EpochEvent, StatusEvent, TaskResult, TaskStatus
from shared.kit import events
from shared.kit.queue import Queue
from tests.services.training.conftest import ordered
from tests.services.training.registry import Registry


def epoch(number: int) -> EpochEvent:
    return EpochEvent(
        number=number,
        total=1000,
        train_loss=0.5,
        validation_loss=None,
        progress=number / 1000,
        seconds=0.1,
    )


ENDED = StatusEvent(status=TaskStatus.succeeded, progress=1.0)


@pytest.fixture
def counter(app: FastAPI) -> Counter:
    counter: Counter = app.state.counter
    return counter


def url(address: str, task_id: str, after: str | None = None) -> str:
    return f"ws://{address}/tasks/{task_id}/events" + (f"?after={after}" if after else "")


async def seen(
    address: str, task_id: str, after: str | None = None, at_most: int = 10_000
) -> list[dict[str, Any]]:
    """Return the events of one connection, which must end well unless it is left."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(30), connect(url(address, task_id, after), proxy=None) as socket:
        with suppress(ConnectionClosedOK):
            while len(found) < at_most:
                found.append(json.loads(await socket.recv()))
        assert len(found) == at_most or socket.close_code == 1000
    return found


def numbers(found: list[dict[str, Any]]) -> list[int]:
    return [event["number"] for event in found if event["type"] == "epoch"]


async def test_a_watcher_sees_everything_from_the_beginning(
    training: AsyncClient, registry: Registry, counter: Counter, address: str
) -> None:
    task = await ordered(training, registry)
    watching = asyncio.create_task(seen(address, task["id"]))
    for number in range(1, 101):
        await events.publish(counter.queue.redis, UUID(task["id"]), epoch(number))
    await events.publish(counter.queue.redis, UUID(task["id"]), ENDED)

    found = await watching

    assert [event["status"] for event in found if event["type"] == "status"] == [
        "queued",
        "succeeded",
    ]
    assert numbers(found) == list(range(1, 101))


async def test_nothing_is_lost_or_doubled_over_reconnects(
    training: AsyncClient, registry: Registry, counter: Counter, address: str
) -> None:
    task = await ordered(training, registry)

    async def publish() -> None:
        for number in range(1, 301):
            await events.publish(counter.queue.redis, UUID(task["id"]), epoch(number))
            await asyncio.sleep(0.001)
        await events.publish(counter.queue.redis, UUID(task["id"]), ENDED)

    publishing = asyncio.create_task(publish())
    found: list[dict[str, Any]] = []
    while not found or found[-1].get("status") != "succeeded":
        found += await seen(address, task["id"], found[-1]["id"] if found else None, at_most=7)
    await publishing

    assert numbers(found) == list(range(1, 301))
    assert len({event["id"] for event in found}) == len(found)


async def test_a_late_watcher_gets_the_final_status_after_the_events_expired(
    training: AsyncClient, registry: Registry, counter: Counter, address: str
) -> None:
    task = await ordered(training, registry)
    task_id = UUID(task["id"])
    await tasks.take(counter.database, task_id, 1)
    result = TaskResult(model="m", version=4, metrics={})
    await tasks.succeed(counter.database, task_id, 1, result)
    await events.forget(counter.queue.redis, task_id)

    [only] = await seen(address, task["id"])

    assert (only["type"], only["status"]) == ("status", "succeeded")
    assert only["result"]["version"] == 4


async def test_who_has_seen_the_end_is_told_again_and_let_go(
    training: AsyncClient, registry: Registry, address: str
) -> None:
    task = await ordered(training, registry)
    await training.post(f"/tasks/{task['id']}/cancel")
    last = (await seen(address, task["id"]))[-1]

    [again] = await seen(address, task["id"], last["id"])

    assert (again["status"], again["id"]) == ("cancelled", last["id"])


async def test_an_end_that_was_never_told_is_noticed(
    training: AsyncClient,
    registry: Registry,
    counter: Counter,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "LOOK_AGAIN_S", 0.2)
    monkeypatch.setattr(live, "TELLING", timedelta(seconds=1))
    task = await ordered(training, registry)
    watching = asyncio.create_task(seen(address, task["id"]))
    await asyncio.sleep(0.5)

    await tasks.cancel(counter.database, UUID(task["id"]))

    assert (await watching)[-1]["status"] == "cancelled"


async def test_an_end_that_is_stored_and_not_yet_told_is_told_once(
    training: AsyncClient, registry: Registry, counter: Counter, address: str
) -> None:
    task = await ordered(training, registry)
    task_id = UUID(task["id"])
    await tasks.take(counter.database, task_id, 1)
    await tasks.succeed(counter.database, task_id, 1, TaskResult(model="m", version=1, metrics={}))
    watching = asyncio.create_task(seen(address, task["id"]))
    await asyncio.sleep(0.3)  # the watcher has caught up, and the task has ended

    await events.publish(counter.queue.redis, task_id, ENDED)

    found = await watching
    assert [event["status"] for event in found] == ["queued", "succeeded"]
    assert len({event["id"] for event in found}) == 2


@pytest.mark.parametrize(
    ("task_id", "after", "code"),
    [
        ("0197a000-0000-4000-8000-000000000000", None, 4404),
        ("nonsense", None, 4404),
        (None, "yesterday", 4422),
    ],
)
async def test_a_wrong_address_says_what_is_wrong(
    training: AsyncClient,
    registry: Registry,
    address: str,
    task_id: str | None,
    after: str | None,
    code: int,
) -> None:
    task = await ordered(training, registry)

    async with connect(url(address, task_id or task["id"], after), proxy=None) as socket:
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


async def test_a_watcher_is_told_to_come_back_while_the_queue_is_down(
    app: FastAPI,
    training: AsyncClient,
    registry: Registry,
    counter: Counter,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = await ordered(training, registry)
    monkeypatch.setattr(counter.queue, "_redis", Queue("redis://127.0.0.1:1/0").redis)

    async with connect(url(address, task["id"]), proxy=None) as socket:
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013


async def test_a_watcher_who_leaves_leaves_nothing_behind(
    app: FastAPI, training: AsyncClient, registry: Registry, address: str
) -> None:
    task = await ordered(training, registry)
    await seen(address, task["id"], at_most=1)

    async with asyncio.timeout(10):
        while app.state.bells._bells:
            await asyncio.sleep(0.02)


async def test_a_slow_watcher_holds_no_memory(
    training: AsyncClient, registry: Registry, counter: Counter, address: str
) -> None:
    task = await ordered(training, registry)
    async with connect(
        url(address, task["id"]), proxy=None, max_queue=1, compression=None
    ) as socket:
        await socket.recv()
        for first in range(1, 4001, 200):
            batch = [epoch(number) for number in range(first, first + 200)]
            await events.publish(counter.queue.redis, UUID(task["id"]), *batch)
        await events.publish(counter.queue.redis, UUID(task["id"]), ENDED)
        await asyncio.sleep(0.5)  # it reads nothing for a while
        found = [json.loads(message) async for message in socket]

    assert numbers(found) == list(range(1, 4001))
