"""Passes the events of one attempt on to its stream: at most ten times a second, none too late."""

import asyncio
from types import TracebackType
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.contracts.tasks import EpochEvent, Event
from shared.kit import events

PAUSE_S = 0.1
AWAY_S = 1.0
MOST_WAITING = 2_000
LAST_TRIES = 3
log = structlog.get_logger()


class Reporter:
    """Takes events at once and writes them soon, also when Redis was away for a while.

    Of epochs that come faster than they are written, the best and the latest are told.
    """

    def __init__(self, redis: "Redis", task_id: UUID) -> None:
        self._redis = redis
        self._task_id = task_id
        self._waiting: list[Event] = []
        self._news = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._closed = False
        self.progress = 0.0

    def tell(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, EpochEvent):
            self.progress = event.progress
        _add(self._waiting, event)
        del self._waiting[:-MOST_WAITING]
        self._news.set()

    async def __aenter__(self) -> "Reporter":
        self._writing = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        self._news.set()
        if self._writing is not None:
            await self._writing
        if self._waiting:
            log.warning("the last events were not told", task_id=str(self._task_id))

    async def _write(self) -> None:
        failures = 0
        while not self._closed or (self._waiting and failures < LAST_TRIES):
            await self._news.wait()
            failures = 0 if await self._flush() else failures + 1
            await asyncio.sleep(AWAY_S if failures else PAUSE_S)

    async def _flush(self) -> bool:
        """Write what waits; False if Redis does not answer, and then it waits on."""
        batch, self._waiting = self._waiting, []
        self._news.clear()
        if not batch:
            return True
        try:
            await events.publish(self._redis, self._task_id, *batch)
        except (RedisError, OSError):
            self._waiting = batch + self._waiting
            self._news.set()
            return False
        return True


def _add(waiting: list[Event], event: Event) -> None:
    """Append an event; of epochs in a row only the best and the last one are kept."""
    best: EpochEvent | None = None
    while isinstance(event, EpochEvent) and waiting and isinstance(waiting[-1], EpochEvent):
        earlier = waiting.pop()
        if best is None and isinstance(earlier, EpochEvent) and earlier.best:
            best = earlier
    if best is not None and isinstance(event, EpochEvent) and not event.best:
        waiting.append(best)
    waiting.append(event)
