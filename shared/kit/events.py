"""Events of tasks in Redis Streams: kept, replayed from any place, followed live."""

from collections.abc import AsyncIterator
from uuid import UUID

from redis.asyncio import Redis

from shared.contracts.tasks import ANY_EVENT, FINAL, Event, StatusEvent

MAX_EVENTS = 10_000
KEEP_S = 30 * 24 * 3600
BLOCK_MS = 5_000


def _key(task_id: UUID) -> str:
    return f"shelfcast:events:{task_id}"


async def publish(redis: "Redis", task_id: UUID, event: Event) -> str:
    """Append an event to its task's stream and return its id."""
    key = _key(task_id)
    body = event.model_dump_json(exclude={"id"})
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.xadd(key, {"event": body}, maxlen=MAX_EVENTS, approximate=True)
        pipeline.expire(key, KEEP_S)
        stored, _ = await pipeline.execute()
    return str(stored.decode())


async def follow(redis: "Redis", task_id: UUID, after: str = "0") -> AsyncIterator[Event | None]:
    """Yield the events after `after`, then those that come, until the final status.

    `None` says that nothing came for a while: time to ping, or to look whether the task has
    ended without an event.
    """
    key = _key(task_id)
    while True:
        found = await redis.xread({key: after}, count=500, block=BLOCK_MS)
        if not found:
            yield None
            continue
        for entry_id, fields in found[0][1]:
            after = entry_id.decode()
            event = ANY_EVENT.validate_json(fields[b"event"]).model_copy(update={"id": after})
            yield event
            if isinstance(event, StatusEvent) and event.status in FINAL:
                return


async def forget(redis: "Redis", task_id: UUID) -> None:
    """Remove a task's events."""
    await redis.delete(_key(task_id))
