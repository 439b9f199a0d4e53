"""Events of tasks in Redis Streams: kept, replayed from any place, followed live.

A stream keeps the events; a published task id is only a doorbell that says "look again". Whoever
watches reads the stream at its own pace, so a slow watcher holds no memory, and a lost ring is
made good by the next look.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.contracts.tasks import ANY_EVENT, FINAL, Event, StatusEvent
from shared.kit.errors import Invalid

MAX_EVENTS = 10_000
KEEP_S = 30 * 24 * 3600
LOOK_AGAIN_S = 5.0
BATCH = 200
BEGINNING = "0"
_DOORBELL = "shelfcast:doorbell"
_LARGEST = 2**64 - 1
log = logging.getLogger(__name__)


def _key(task_id: UUID) -> str:
    return f"shelfcast:events:{task_id}"


async def publish(redis: "Redis", task_id: UUID, *events: Event) -> list[str]:
    """Append events to their task's stream in one round trip and return their ids."""
    key = _key(task_id)
    async with redis.pipeline(transaction=False) as pipeline:
        for event in events:
            body = event.model_dump_json(exclude={"id"})
            pipeline.xadd(key, {"event": body}, maxlen=MAX_EVENTS, approximate=True)
        pipeline.expire(key, KEEP_S)
        pipeline.publish(_DOORBELL, str(task_id))
        stored = await pipeline.execute()
    return [entry.decode() for entry in stored[: len(events)]]


async def read(redis: "Redis", task_id: UUID, after: str = BEGINNING) -> list[Event]:
    """Return the next events after `after`, at most `BATCH`."""
    found = await redis.xrange(_key(task_id), min=f"({after}", count=BATCH)
    return [_event(entry, fields) for entry, fields in found]


async def latest(redis: "Redis", task_id: UUID) -> Event | None:
    """Return the last event that was told, None where there is none or they have expired."""
    found = await redis.xrevrange(_key(task_id), count=1)
    return _event(*found[0]) if found else None


def is_final(event: Event) -> bool:
    """Say whether the task has ended with this event."""
    return isinstance(event, StatusEvent) and event.status in FINAL


def _event(entry: bytes, fields: dict[bytes, bytes]) -> Event:
    return ANY_EVENT.validate_json(fields[b"event"]).model_copy(update={"id": entry.decode()})


def place(text: str) -> str:
    """Check that `text` is a place in a stream, such as the id of an event or `0`.

    Raises:
        Invalid: it is none.
    """
    parts = text.split("-")
    digits = all(part.isascii() and part.isdigit() and len(part) <= 20 for part in parts)
    if len(parts) > 2 or not digits or any(int(part) > _LARGEST for part in parts):
        raise Invalid(
            "`after` must be the id of an event that you have seen, or 0 for all of them.",
            field="/after",
        )
    return text


class Doorbells:
    """One subscription per process that wakes everybody who watches a task."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._bells: dict[UUID, set[asyncio.Event]] = {}
        self._is_deaf = False  # told once, not every second

    async def listen(self) -> None:
        """Pass on every ring, for ever; after a break everybody looks again."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                if not self._is_deaf:
                    log.warning("no live events, the queue does not answer: %s", error)
                self._is_deaf = True
            await asyncio.sleep(1)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(_DOORBELL)
            if self._is_deaf:
                log.warning("live events are back")
            self._is_deaf = False
            self._ring_all()
            while True:
                message = await subscription.get_message(
                    ignore_subscribe_messages=True, timeout=LOOK_AGAIN_S
                )
                if message is not None:
                    self._ring(message["data"])

    def _ring(self, data: bytes) -> None:
        for bell in self._bells.get(UUID(data.decode()), ()):
            bell.set()

    def _ring_all(self) -> None:
        for bells in self._bells.values():
            for bell in bells:
                bell.set()

    @contextmanager
    def at(self, task_id: UUID) -> Iterator[asyncio.Event]:
        """Lend a bell that rings when the task has news."""
        bell = asyncio.Event()
        bells = self._bells.setdefault(task_id, set())
        bells.add(bell)
        try:
            yield bell
        finally:
            bells.discard(bell)
            if not bells and self._bells.get(task_id) is bells:
                del self._bells[task_id]


async def follow(
    redis: "Redis", bells: Doorbells, task_id: UUID, after: str = BEGINNING
) -> AsyncGenerator[Sequence[Event], None]:
    """Yield the events after `after`, then those that come, until the final status.

    An empty batch says that all events so far have been seen: time to look whether the task has
    ended without an event. It comes once after the replay, then whenever nothing comes for a while.
    """
    caught_up = False
    with bells.at(task_id) as bell:
        while True:
            bell.clear()
            batch, ended = _until_the_end(await read(redis, task_id, after))
            if batch:
                after = batch[-1].id
                yield batch
                if ended:
                    return
                continue
            if not caught_up:
                caught_up = True
                yield ()
            if not await _rings(bell):
                yield ()


def _until_the_end(batch: list[Event]) -> tuple[list[Event], bool]:
    for at, event in enumerate(batch):
        if is_final(event):
            return batch[: at + 1], True  # what a stopped runner still said is of no interest
    return batch, False


async def _rings(bell: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), LOOK_AGAIN_S)
    except TimeoutError:
        return False
    return True


async def forget(redis: "Redis", task_id: UUID) -> None:
    """Remove a task's events."""
    await redis.delete(_key(task_id))
