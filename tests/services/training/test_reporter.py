"""How events of an attempt reach their stream."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway

from services.training import reporter as reporters
from services.training.reporter import Reporter
from shared.contracts.tasks import EpochEvent, Event, LogEvent
from shared.kit import events


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


def epoch(number: int, best: bool = False) -> EpochEvent:
    return EpochEvent(
        number=number,
        total=100,
        train_loss=None,
        validation_loss=None,
        best=best,
        progress=number / 100,
        seconds=0.0,
    )


async def told(redis: "Redis", task_id: UUID) -> list[Event]:
    found: list[Event] = []
    while batch := await events.read(redis, task_id, found[-1].id if found else "0"):
        found += batch
    return found


async def test_of_a_burst_of_epochs_the_best_and_the_last_are_told(redis: "Redis") -> None:
    task_id = uuid4()
    async with Reporter(redis, task_id) as reporter:
        for number in range(1, 101):
            reporter.tell(epoch(number, best=number in (40, 60)))

    found = [event.number for event in await told(redis, task_id) if event.type == "epoch"]

    assert found == [60, 100]
    assert reporter.progress == 1.0


async def test_epochs_that_come_slowly_are_all_told(redis: "Redis") -> None:
    task_id = uuid4()
    async with Reporter(redis, task_id) as reporter:
        for number in range(1, 6):
            reporter.tell(epoch(number))
            await asyncio.sleep(2 * reporters.PAUSE_S)

    assert len(await told(redis, task_id)) == 5


async def test_logs_are_never_left_out_and_keep_their_order(redis: "Redis") -> None:
    task_id = uuid4()
    async with Reporter(redis, task_id) as reporter:
        for number in range(1, 51):
            reporter.tell(LogEvent(message=str(number)))
            reporter.tell(epoch(number))

    found = await told(redis, task_id)

    assert [e.message for e in found if e.type == "log"] == [str(n) for n in range(1, 51)]
    assert found[-1].type == "epoch"


async def test_nothing_is_lost_while_redis_is_away_for_a_moment(
    redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporters, "AWAY_S", 0.05)
    task_id, publish, away = uuid4(), events.publish, 3

    async def sometimes(redis: "Redis", task_id: UUID, *batch: Event) -> list[str]:
        nonlocal away
        away -= 1
        if away >= 0:
            raise RedisAway("gone")
        return await publish(redis, task_id, *batch)

    monkeypatch.setattr(events, "publish", sometimes)
    async with Reporter(redis, task_id) as reporter:
        for number in range(1, 6):
            reporter.tell(LogEvent(message=str(number)))
            await asyncio.sleep(0.06)

    found = await told(redis, task_id)

    assert [e.message for e in found if e.type == "log"] == ["1", "2", "3", "4", "5"]
