import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from shared.contracts.tasks import EpochEvent, Event, StatusEvent, TaskStatus
from shared.kit import events
from shared.kit.errors import Invalid
from shared.kit.events import Doorbells


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
async def bells(redis: "Redis") -> AsyncIterator[Doorbells]:
    bells = Doorbells(redis)
    listening = asyncio.create_task(bells.listen())
    yield bells
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


def epoch(number: int) -> EpochEvent:
    return EpochEvent(
        number=number,
        total=10_000,
        train_loss=1 / number,
        validation_loss=None,
        progress=number / 10_000,
        seconds=0.1,
    )


ENDED = StatusEvent(status=TaskStatus.succeeded, progress=1.0)


async def followed(
    redis: "Redis", bells: Doorbells, task_id: UUID, after: str = events.BEGINNING
) -> list[Event]:
    async with (
        asyncio.timeout(20),
        aclosing(events.follow(redis, bells, task_id, after)) as batches,
    ):
        return [event async for batch in batches for event in batch]


def numbers(found: list[Event]) -> list[int]:
    return [event.number for event in found if isinstance(event, EpochEvent)]


async def test_all_events_are_replayed_in_order(redis: "Redis", bells: Doorbells) -> None:
    task_id = uuid4()
    for first in range(1, 1001, 100):
        await events.publish(redis, task_id, *(epoch(n) for n in range(first, first + 100)))
    await events.publish(redis, task_id, ENDED)

    found = await followed(redis, bells, task_id)

    assert numbers(found) == list(range(1, 1001))
    assert isinstance(found[-1], StatusEvent)
    assert len({event.id for event in found}) == len(found)


async def test_a_replay_goes_on_after_any_event(redis: "Redis", bells: Doorbells) -> None:
    task_id = uuid4()
    ids = await events.publish(redis, task_id, *(epoch(n) for n in range(1, 11)), ENDED)

    for seen, last in enumerate(ids[:-1], start=1):
        assert numbers(await followed(redis, bells, task_id, last)) == list(range(seen + 1, 11))


async def test_many_watchers_see_every_event_live(redis: "Redis", bells: Doorbells) -> None:
    task_id = uuid4()
    watchers = [asyncio.create_task(followed(redis, bells, task_id)) for _ in range(20)]

    for number in range(1, 51):
        await events.publish(redis, task_id, epoch(number))
        await asyncio.sleep(0.002)
    await events.publish(redis, task_id, ENDED)

    for found in await asyncio.gather(*watchers):
        assert numbers(found) == list(range(1, 51))


async def test_events_of_other_tasks_are_not_seen(redis: "Redis", bells: Doorbells) -> None:
    task_id = uuid4()
    await events.publish(redis, uuid4(), epoch(1))
    await events.publish(redis, task_id, epoch(2), ENDED)

    assert numbers(await followed(redis, bells, task_id)) == [2]


async def test_what_comes_after_the_end_is_not_told(redis: "Redis", bells: Doorbells) -> None:
    task_id = uuid4()
    await events.publish(redis, task_id, epoch(1), ENDED, epoch(2))

    assert numbers(await followed(redis, bells, task_id)) == [1]


async def test_an_empty_batch_says_that_everything_was_replayed(
    redis: "Redis", bells: Doorbells
) -> None:
    task_id = uuid4()
    await events.publish(redis, task_id, epoch(1))

    async with aclosing(events.follow(redis, bells, task_id)) as batches:
        first, second = await anext(batches), await anext(batches)

    assert (len(first), len(second)) == (1, 0)


async def test_a_watcher_who_leaves_leaves_nothing_behind(redis: "Redis", bells: Doorbells) -> None:
    async with aclosing(events.follow(redis, bells, uuid4())) as batches:
        await anext(batches)

    assert bells._bells == {}


async def test_forgotten_events_are_gone(redis: "Redis") -> None:
    task_id = uuid4()
    await events.publish(redis, task_id, epoch(1))

    await events.forget(redis, task_id)

    assert await events.read(redis, task_id) == []


@pytest.mark.parametrize("text", ["0", "17", "1700000000000-0", "18446744073709551615-3"])
def test_a_place_in_a_stream_is_accepted(text: str) -> None:
    assert events.place(text) == text


@pytest.mark.parametrize("text", ["", "-", "$", "+", "a-1", "1-2-3", "٣", "18446744073709551616"])
def test_anything_else_is_no_place(text: str) -> None:
    with pytest.raises(Invalid):
        events.place(text)
