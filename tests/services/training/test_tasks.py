"""What tasks may become, on SQLite and PostgreSQL, whoever asks for it and in whatever order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training import tasks
from services.training.tables import SCHEMA, TaskRow
from shared.contracts.models import Lineage, NewVersion
from shared.contracts.problems import Problem
from shared.contracts.tasks import (
    FINAL,
    MAY_BECOME,
    Scope,
    Task,
    TaskResult,
    TaskStatus,
    TrainingRequest,
)
from shared.kit import migrations
from shared.kit.database import Database
from shared.kit.errors import Conflict, NotFound

PROBLEM = Problem(title="Training failed", status=500, detail="It did.")
RESULT = TaskResult(model="m", version=1, metrics={"wql": 0.1})
REQUEST = TrainingRequest(dataset_id=uuid4(), algorithm="lstm")
VERSION = NewVersion(
    algorithm="lstm",
    scope=Scope(),
    horizon=7,
    context_length=14,
    hyperparameters={},
    frequency="D",
    metrics={"wql": 0.1, "mase": None},
    lineage=Lineage(
        task_id=uuid4(),
        dataset_id=uuid4(),
        dataset_name="d",
        dataset_version=1,
        dataset_digest="0" * 64,
        code_version="1",
        seed=0,
    ),
    files=[],
)


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'tasks.sqlite'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    database = Database(url, SCHEMA)
    await migrations.upgrade(database)
    yield database
    await database.close()


async def new(database: Database) -> UUID:
    row = await tasks.create(database, REQUEST, "lstm_global_d", "d")
    assert row is not None
    return row.id


async def test_a_name_goes_to_the_tasks_of_one_part_of_one_dataset(database: Database) -> None:
    other = REQUEST.model_copy(update={"scope": Scope(level="global", total=True)})
    several = [(REQUEST, "d"), (REQUEST, "e"), (other, "d"), (REQUEST, "f")]

    rows = await asyncio.gather(
        *(tasks.create(database, request, "lstm_global_d", name) for request, name in several)
    )
    [(request, name)] = [one for one, row in zip(several, rows, strict=True) if row is not None]

    assert await tasks.create(database, request, "lstm_global_d", name) is not None


async def test_a_task_runs_from_beginning_to_end(database: Database) -> None:
    task_id = await new(database)

    taken = await tasks.take(database, task_id, 1)
    assert taken is not None
    assert (taken.status, taken.attempt, taken.started_at is not None) == ("running", 1, True)
    assert await tasks.beat(database, task_id, 1, 0.5)
    assert await tasks.promise(database, task_id, 1, VERSION)
    ended = await tasks.succeed(database, task_id, 1, RESULT)

    assert ended is not None
    task = Task.model_validate(await tasks.get(database, task_id))
    assert (task.status, task.progress, task.result) == (TaskStatus.succeeded, 1.0, RESULT)
    assert (
        task.created_at
        <= (task.started_at or task.created_at)
        <= (task.finished_at or task.created_at)
    )


async def test_only_one_of_many_workers_takes_an_attempt(database: Database) -> None:
    task_id = await new(database)

    taken = await asyncio.gather(*(tasks.take(database, task_id, 1) for _ in range(10)))

    assert sum(row is not None for row in taken) == 1


async def test_a_late_attempt_has_no_say(database: Database) -> None:
    task_id = await new(database)
    await tasks.take(database, task_id, 1)
    await tasks.lose(database, task_id, 1)
    await tasks.take(database, task_id, 2)

    assert not await tasks.beat(database, task_id, 1, 0.9)
    assert not await tasks.promise(database, task_id, 1, VERSION)
    assert await tasks.succeed(database, task_id, 1, RESULT) is None
    assert await tasks.fail(database, task_id, 1, PROBLEM) is None
    assert await tasks.give_back(database, task_id, 1) is None
    assert await tasks.lose(database, task_id, 1) is None
    assert (await tasks.get(database, task_id)).status == TaskStatus.running


async def test_a_task_that_is_being_published_cannot_be_cancelled(database: Database) -> None:
    task_id = await new(database)
    await tasks.take(database, task_id, 1)
    await tasks.promise(database, task_id, 1, VERSION)

    with pytest.raises(Conflict, match="too late to cancel"):
        await tasks.cancel(database, task_id)


async def test_a_cancelled_task_is_never_published(database: Database) -> None:
    task_id = await new(database)
    await tasks.take(database, task_id, 1)
    await tasks.cancel(database, task_id)

    assert not await tasks.promise(database, task_id, 1, VERSION)


async def test_a_lost_promise_is_kept_by_the_next_attempt(database: Database) -> None:
    task_id = await new(database)
    await tasks.take(database, task_id, 1)
    await tasks.promise(database, task_id, 1, VERSION)
    await tasks.lose(database, task_id, 1)

    with pytest.raises(Conflict):
        await tasks.cancel(database, task_id)
    taken = await tasks.take(database, task_id, 2)

    assert taken is not None
    assert NewVersion.model_validate(taken.publication) == VERSION


async def test_a_task_that_is_lost_again_and_again_fails(database: Database) -> None:
    task_id = await new(database)

    for attempt in range(1, tasks.MAX_LOST + 1):
        assert await tasks.take(database, task_id, attempt)
        row = await tasks.lose(database, task_id, attempt)

    assert row is not None
    assert row.status == TaskStatus.failed
    assert row.error is not None
    assert "3 times" in row.error["detail"]


async def test_a_task_that_comes_further_each_time_goes_on(database: Database) -> None:
    task_id = await new(database)

    for attempt in range(1, 3 * tasks.MAX_LOST):
        assert await tasks.take(database, task_id, attempt)
        await tasks.beat(database, task_id, attempt, attempt / 100)
        row = await tasks.lose(database, task_id, attempt)

    assert row is not None
    assert row.status == TaskStatus.queued


async def test_a_task_given_back_is_not_to_blame(database: Database) -> None:
    task_id = await new(database)

    for attempt in range(1, 3 * tasks.MAX_LOST):
        assert await tasks.take(database, task_id, attempt)
        row = await tasks.give_back(database, task_id, attempt)

    assert row is not None
    assert (row.status, row.lost) == (TaskStatus.queued, 0)


async def test_an_unknown_task_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await tasks.cancel(database, uuid4())


async def test_the_unfinished_tasks_of_a_model_are_found(database: Database) -> None:
    first, second = await new(database), await new(database)
    await tasks.cancel(database, first)

    found = await tasks.unfinished(database, model="lstm_global_d")

    assert [row.id for row in found] == [second]


Act = Callable[[Database, UUID, int], Awaitable[object]]


async def _cancel(database: Database, task_id: UUID, attempt: int) -> None:
    with suppress(Conflict):
        await tasks.cancel(database, task_id)


ACTS: dict[str, Act] = {
    "take": tasks.take,
    "beat": lambda d, t, a: tasks.beat(d, t, a, 0.1 * (a % 10)),
    "give_back": tasks.give_back,
    "lose": tasks.lose,
    "promise": lambda d, t, a: tasks.promise(d, t, a, VERSION),
    "succeed": lambda d, t, a: tasks.succeed(d, t, a, RESULT),
    "fail": lambda d, t, a: tasks.fail(d, t, a, PROBLEM),
    "cancel": _cancel,
}
# an attempt is named relative to the present one: late workers speak of earlier attempts
STEPS = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from([-1, 0, 1])), max_size=25)


def _hold_their_promises(before: TaskRow, after: TaskRow) -> None:
    if before.status != after.status:
        assert after.status in MAY_BECOME[TaskStatus(before.status)]
    assert after.attempt in (before.attempt, before.attempt + 1)
    assert (after.attempt > before.attempt) == (
        before.status == TaskStatus.queued and after.status == TaskStatus.running
    )
    assert (after.finished_at is not None) == (after.status in FINAL)
    assert (after.result is not None) == (after.status == TaskStatus.succeeded)
    assert (after.error is not None) == (after.status == TaskStatus.failed)
    assert 0 <= after.progress <= 1
    if before.publication is not None:
        assert after.status != TaskStatus.cancelled


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database that all examples share, each with a task of its own."""
    file = tmp_path_factory.mktemp("tasks") / "tasks.sqlite"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}", SCHEMA)
        await migrations.upgrade(database)
        await database.close()

    asyncio.run(make())
    return file


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_no_order_of_events_breaks_a_promise(file: Path, steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}", SCHEMA)
        task_id = await new(database)
        before = await tasks.get(database, task_id)
        for act, relative in steps:
            await ACTS[act](database, task_id, before.attempt + relative)
            after = await tasks.get(database, task_id)
            _hold_their_promises(before, after)
            before = after
        await database.close()

    asyncio.run(play())
