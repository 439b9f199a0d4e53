"""The queue: the one file that knows arq. JSON on the wire, a short lease instead of a long lock.

arq locks a running job for its whole timeout, so a job of a killed worker would wait for hours.
Here the lock is a lease of `LEASE_S` that a living worker renews every `RENEW_S`; after that any
worker gets the job again. A job is one attempt at one task, so what a late worker does to its own
attempt never touches the next one. The work itself must not block the event loop.
"""

import asyncio
import json
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from arq import func
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix, job_key_prefix
from arq.worker import Worker
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from shared.kit.background import end
from shared.kit.errors import Unavailable

LEASE_S = 12.0
RENEW_S = 3.0
RECONNECT_S = 1.0
CONNECT_S = 2.0
ANSWER_S = 10.0
LONGEST_S = 30 * 24 * 3600
ALIVE_S = 5
QUEUE = "shelfcast:training"
JOB = "work"
Attempt = tuple[UUID, int]
Handler = Callable[[UUID, int], Awaitable[None]]
log = logging.getLogger(__name__)


def connect(url: str) -> "Redis":
    """Return a client for `redis://…` or `unix://…` that connects when it is first used."""
    return _connect(url)


def _connect(url: str) -> ArqRedis:
    pool = ConnectionPool.from_url(
        url, socket_connect_timeout=CONNECT_S, socket_timeout=ANSWER_S, health_check_interval=15
    )
    redis = ArqRedis(
        pool,
        job_serializer=_serialize,
        job_deserializer=_deserialize,
        default_queue_name=QUEUE,
        expires_extra_ms=LONGEST_S * 1000,
    )
    redis.auto_close_connection_pool = True
    return redis


def _serialize(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()


def _deserialize(raw: bytes) -> dict[str, Any]:
    return dict(json.loads(raw))


class Queue:
    """The sending end: puts attempts in line and says which are known. Connects when first used."""

    def __init__(self, url: str) -> None:
        self._redis = _connect(url)

    @property
    def redis(self) -> "Redis":
        """Return the client; its calls raise redis errors."""
        return self._redis

    async def enqueue(self, task_id: UUID, attempt: int) -> bool:
        """Put an attempt in line; False if it is there already.

        Raises:
            Unavailable: Redis does not answer.
        """
        name = job_id(task_id, attempt)
        try:
            job = await self._redis.enqueue_job(JOB, str(task_id), attempt, _job_id=name)
        except (RedisError, OSError) as error:
            raise _down() from error
        return job is not None

    async def waiting(self, attempts: Iterable[Attempt]) -> set[Attempt]:
        """Return those attempts that are in line or being worked on.

        Raises:
            Unavailable: Redis does not answer.
        """
        return await self._known(attempts, job_key_prefix)

    async def leased(self, attempts: Iterable[Attempt]) -> set[Attempt]:
        """Return those attempts that a living worker holds.

        Raises:
            Unavailable: Redis does not answer.
        """
        return await self._known(attempts, in_progress_key_prefix)

    async def _known(self, attempts: Iterable[Attempt], prefix: str) -> set[Attempt]:
        asked = list(attempts)
        if not asked:
            return set()
        try:
            found = await self._redis.mget([prefix + job_id(*attempt) for attempt in asked])
        except (RedisError, OSError) as error:
            raise _down() from error
        return {attempt for attempt, value in zip(asked, found, strict=True) if value is not None}

    async def withdraw(self, task_id: UUID, attempt: int) -> None:
        """Take an attempt out of the line; not there is fine.

        Raises:
            Unavailable: Redis does not answer.
        """
        name = job_id(task_id, attempt)
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.zrem(QUEUE, name)
                pipeline.delete(job_key_prefix + name)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            raise _down() from error

    async def workers(self, host: str = "*") -> int:
        """Return how many workers (on one host) have said lately that they are alive.

        Raises:
            Unavailable: Redis does not answer.
        """
        try:
            pattern = _alive_key(f"{host}:*")
            return len([key async for key in self._redis.scan_iter(match=pattern)])
        except (RedisError, OSError) as error:
            raise _down() from error

    async def ping(self) -> None:
        """Raise Unavailable unless Redis answers."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise _down() from error

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def job_id(task_id: UUID, attempt: int) -> str:
    """Name one attempt; an id is never used twice."""
    return f"{task_id}:{attempt}"


class LeaseWorker(Worker):
    """arq's worker with leases that it renews, and which outlives a Redis that goes away."""

    def __init__(self, redis: ArqRedis, **options: Any) -> None:
        super().__init__(redis_pool=redis, **options)
        self.in_progress_timeout_s = LEASE_S

    async def serve(self) -> None:
        """Work until `stop`; while Redis is away, wait for it."""
        renewing = asyncio.create_task(self._renew())
        try:
            while self.allow_pick_jobs:
                try:
                    await self.main()
                except (RedisError, OSError) as error:
                    await self._wait_for_redis(error)
        finally:
            await end(renewing)

    async def _wait_for_redis(self, error: Exception) -> None:
        log.warning("the queue does not answer: %s", error)
        is_back = False
        while not is_back:
            await asyncio.sleep(RECONNECT_S)
            is_back = await self._extend()  # before others see leases that have run out
        log.warning("the queue is back")

    async def stop(self) -> None:
        """Take no more jobs, and wait for those that run; the caller has told them to end."""
        self.allow_pick_jobs = False
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        try:
            await self.pool.delete(self.health_check_key)
        except (RedisError, OSError):
            log.warning("the queue does not answer; the worker's sign of life runs out by itself")

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start jobs one by one, giving the slot back where Redis fails in between.

        A job that runs here already is left alone: its lease ran out while Redis was away.
        """
        for waiting in job_ids:
            if self.job_counter >= self.max_jobs:
                return
            if waiting.decode() in self.tasks:
                continue
            try:
                await super().start_jobs([waiting])
            except (RedisError, OSError):
                self._release_sem_dec_counter_on_complete()
                raise

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            await self._extend()

    async def _extend(self) -> bool:
        """Renew the leases of all running jobs, also where Redis has lost them.

        Returns:
            Whether Redis answers.
        """
        try:
            async with self.pool.pipeline(transaction=False) as pipeline:
                pipeline.ping()
                for name in self.job_tasks:
                    pipeline.psetex(in_progress_key_prefix + name, int(LEASE_S * 1000), b"1")
                await pipeline.execute()
        except (RedisError, OSError):
            return False
        return True


def worker(url: str, handle: Handler, *, slots: int) -> LeaseWorker:
    """Build the receiving end, which calls `handle(task_id, attempt)`, `slots` at a time."""

    async def work(ctx: dict[str, Any], task_id: str, attempt: int) -> None:
        await handle(UUID(task_id), attempt)

    return LeaseWorker(
        _connect(url),
        functions=[func(work, name=JOB, timeout=LONGEST_S, keep_result=0, max_tries=10_000)],
        queue_name=QUEUE,
        job_serializer=_serialize,
        job_deserializer=_deserialize,
        max_jobs=slots,
        poll_delay=0.1,
        expires_extra_ms=LONGEST_S * 1000,
        health_check_interval=ALIVE_S,
        health_check_key=_alive_key(f"{socket.gethostname()}:{os.getpid()}"),
        handle_signals=False,
        log_results=False,
    )


def _alive_key(name: str) -> str:
    return f"{QUEUE}:alive:{name}"


def _down() -> Unavailable:
    return Unavailable(
        "The task queue does not answer. Nothing was started; try again in a moment."
    )
