"""The queue: the one file that knows arq. JSON on the wire, a short lease instead of a long lock.

arq locks a running job for its whole timeout, so a job of a killed worker would wait for hours.
Here the lock is a lease of `LEASE_S` that a living worker renews every `RENEW_S`; after that any
worker takes the job again. The work itself must not block the event loop.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from uuid import UUID

from arq import create_pool, func
from arq.connections import ArqRedis, RedisSettings
from arq.constants import in_progress_key_prefix, job_key_prefix
from arq.worker import Worker
from redis.exceptions import RedisError

from shared.kit.errors import Unavailable

LEASE_S = 12.0
RENEW_S = 3.0
LONGEST_S = 30 * 24 * 3600
EXPIRES_MS = LONGEST_S * 1000
QUEUE = "shelfcast:training"
Handler = Callable[[UUID, int], Awaitable[None]]


def redis_settings(url: str) -> RedisSettings:
    """Read `redis://host:port/db` or `unix:///path`."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_retries = 0
    settings.conn_timeout = 2
    return settings


def _serialize(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()


def _deserialize(raw: bytes) -> dict[str, Any]:
    return dict(json.loads(raw))


class Queue:
    """The sending end: puts a task's id in line. Connects when first used."""

    def __init__(self, url: str) -> None:
        self._settings = redis_settings(url)
        self._pool: ArqRedis | None = None
        self._lock = asyncio.Lock()

    async def redis(self) -> ArqRedis:
        """Return the connection.

        Raises:
            Unavailable: Redis does not answer.
        """
        async with self._lock:
            if self._pool is None:
                try:
                    self._pool = await create_pool(
                        self._settings, job_serializer=_serialize, job_deserializer=_deserialize
                    )
                except (RedisError, OSError) as error:
                    raise _down(error) from error
            return self._pool

    async def enqueue(self, task_id: UUID, attempt: int) -> bool:
        """Put a task in line; False if this attempt is there already.

        Raises:
            Unavailable: Redis does not answer.
        """
        pool = await self.redis()
        try:
            job = await pool.enqueue_job(
                "work", str(task_id), attempt, _job_id=job_id(task_id, attempt), _queue_name=QUEUE
            )
        except (RedisError, OSError) as error:
            raise _down(error) from error
        return job is not None

    async def knows(self, task_id: UUID, attempt: int) -> bool:
        """Say whether an attempt is in line or being worked on.

        Raises:
            Unavailable: Redis does not answer.
        """
        pool = await self.redis()
        name = job_id(task_id, attempt)
        try:
            return bool(await pool.exists(job_key_prefix + name, in_progress_key_prefix + name))
        except (RedisError, OSError) as error:
            raise _down(error) from error

    async def ping(self) -> None:
        """Raise Unavailable unless Redis answers."""
        pool = await self.redis()
        try:
            await pool.ping()
        except (RedisError, OSError) as error:
            raise _down(error) from error

    async def close(self) -> None:
        """Close the connection."""
        if self._pool is not None:
            await self._pool.aclose()


def job_id(task_id: UUID, attempt: int) -> str:
    """Name one attempt; an id is never used twice."""
    return f"{task_id}:{attempt}"


class LeaseWorker(Worker):
    """arq's worker with a lease that it renews while a job runs."""

    lease_s: ClassVar[float] = LEASE_S

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.in_progress_timeout_s = self.lease_s


async def _renew(pool: ArqRedis, job: str) -> None:
    while True:
        await asyncio.sleep(RENEW_S)
        try:
            await pool.pexpire(in_progress_key_prefix + job, int(LEASE_S * 1000))
        except (RedisError, OSError):
            continue  # Redis is away; if it stays away the lease ends, which is right


def worker(url: str, handle: Handler, *, slots: int, startup: Any, shutdown: Any) -> LeaseWorker:
    """Build the receiving end, which calls `handle(task_id, attempt)` for each task."""

    async def work(ctx: dict[str, Any], task_id: str, attempt: int) -> None:
        renewing = asyncio.create_task(_renew(ctx["redis"], str(ctx["job_id"])))
        try:
            await handle(UUID(task_id), attempt)
        finally:
            renewing.cancel()

    return LeaseWorker(
        functions=[
            func(work, name="work", timeout=30 * 24 * 3600, keep_result=0, max_tries=10_000)
        ],
        queue_name=QUEUE,
        redis_settings=redis_settings(url),
        job_serializer=_serialize,
        job_deserializer=_deserialize,
        max_jobs=slots,
        poll_delay=0.1,
        expires_extra_ms=EXPIRES_MS,
        job_completion_wait=0,
        health_check_interval=5,
        handle_signals=False,
        on_startup=startup,
        on_shutdown=shutdown,
    )


def _down(error: Exception) -> Unavailable:
    return Unavailable(
        "The task queue does not answer. Nothing was started; try again in a moment."
    )
