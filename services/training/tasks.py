"""Tasks: what they may become, and who may say so. Every change is one compare-and-set."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.training.tables import TaskRow
from shared.contracts.models import NewVersion
from shared.contracts.problems import Problem
from shared.contracts.tasks import (
    FINAL,
    MAY_BECOME,
    Scope,
    StatusEvent,
    TaskResult,
    TaskStatus,
    TrainingRequest,
)
from shared.kit.database import Database, UtcDateTime, in_line, now
from shared.kit.errors import Conflict, NotFound
from shared.kit.pages import Slice, newest_first

MAX_LOST = 3
MOST_OPEN = 1000  # looked at in one go; the others' turn comes when these have ended
OPEN = frozenset(TaskStatus) - FINAL


async def create(
    database: Database, request: TrainingRequest, model: str, dataset_name: str
) -> TaskRow | None:
    """Store a new task; None if a task for other data got the name of its model meanwhile."""
    row = TaskRow(
        kind="training",
        request=request.model_dump(mode="json"),
        model=model,
        dataset_name=dataset_name,
    )
    async with database.write() as session:
        await in_line(session, f"training.model/{model}")
        others = await session.exec(_unfinished(model))
        if not all(is_for(task, request.scope, dataset_name) for task in others):
            return None
        session.add(row)
    return row


def is_for(task: TaskRow, scope: Scope, dataset_name: str) -> bool:
    """Say whether a task learns from this part of this dataset."""
    same = Scope.model_validate(task.request["scope"]) == scope
    return same and task.dataset_name == dataset_name


async def get(database: Database, task_id: UUID) -> TaskRow:
    """Return a task.

    Raises:
        NotFound: it does not exist.
    """
    row = await find(database, task_id)
    if row is None:
        raise NotFound(f"There is no task {task_id}.")
    return row


async def find(database: Database, task_id: UUID) -> TaskRow | None:
    """Return a task, None if it does not exist."""
    async with database.read() as session:
        return await session.get(TaskRow, task_id)


async def page(
    database: Database,
    status: TaskStatus | None,
    kind: str | None,
    size: int,
    token: str | None,
) -> Slice:
    """Return one page of the tasks, newest first."""
    query = select(TaskRow)
    if status is not None:
        query = query.where(col(TaskRow.status) == status)
    if kind is not None:
        query = query.where(col(TaskRow.kind) == kind)
    async with database.read() as session:
        return await newest_first(
            session, query, col(TaskRow.created_at), col(TaskRow.id), size, token
        )


async def counts(database: Database) -> dict[str, int]:
    """Return how many tasks there are in each status."""
    query = select(col(TaskRow.status), func.count()).group_by(col(TaskRow.status))
    async with database.read() as session:
        found = {str(status): count for status, count in await session.exec(query)}
    return {status.value: found.get(status.value, 0) for status in TaskStatus}


async def unfinished(database: Database, model: str | None = None) -> Sequence[TaskRow]:
    """Return the oldest tasks that have not ended; those of one model if it is given."""
    async with database.read() as session:
        return (await session.exec(_unfinished(model))).all()


def _unfinished(model: str | None) -> SelectOfScalar[TaskRow]:
    query = select(TaskRow).where(col(TaskRow.status).in_(OPEN))
    query = query.order_by(col(TaskRow.created_at)).limit(MOST_OPEN)
    return query if model is None else query.where(col(TaskRow.model) == model)


async def take(database: Database, task_id: UUID, attempt: int) -> TaskRow | None:
    """Begin attempt number `attempt`; None if that is not what the task waits for."""
    async with database.write() as session:
        return await _move(
            session,
            task_id,
            TaskStatus.running,
            col(TaskRow.attempt) == attempt - 1,
            attempt=attempt,
            progress=0.0,
            started_at=func.coalesce(col(TaskRow.started_at), literal(now(), UtcDateTime())),
        )


async def beat(database: Database, task_id: UUID, attempt: int, progress: float) -> bool:
    """Write down how far an attempt has come; False if it is no longer the one that counts."""
    query = (
        update(TaskRow)
        .where(*_held(task_id, attempt), col(TaskRow.status) == TaskStatus.running)
        .values(progress=progress)
        .returning(col(TaskRow.id))
    )
    async with database.write() as session:
        return (await session.exec(query)).first() is not None


async def give_back(database: Database, task_id: UUID, attempt: int) -> TaskRow | None:
    """Put an attempt's task back in line: its worker stops, the task is not to blame."""
    async with database.write() as session:
        return await _move(
            session, task_id, TaskStatus.queued, *_held(task_id, attempt), progress=0.0
        )


async def lose(database: Database, task_id: UUID, attempt: int) -> TaskRow | None:
    """Put the task of a lost worker back in line, or fail it if that happens again and again."""
    async with database.write() as session:
        row = await session.get(TaskRow, task_id)
        if row is None or row.attempt != attempt or row.status != TaskStatus.running:
            return None
        further = row.progress > row.furthest or row.publication is not None
        lost = 0 if further else row.lost + 1
        if lost >= MAX_LOST:
            return await _end(session, task_id, TaskStatus.failed, attempt, error=_crash_loop())
        return await _move(
            session,
            task_id,
            TaskStatus.queued,
            *_held(task_id, attempt),
            lost=lost,
            furthest=max(row.furthest, row.progress),
            progress=0.0,
        )


def _crash_loop() -> dict[str, Any]:
    detail = (
        f"The worker was lost {MAX_LOST} times while it worked on this task and came no further "
        "each time, most likely because memory ran out. Try less data, a shorter context or a "
        "smaller network, or give the worker more memory."
    )
    return Problem(title="Training failed", status=500, detail=detail).model_dump(mode="json")


async def promise(database: Database, task_id: UUID, attempt: int, new: NewVersion) -> bool:
    """Write down what will be published; from here on the task cannot be cancelled.

    If the worker is lost now, the next one publishes this instead of training again.
    """
    query = (
        update(TaskRow)
        .where(*_held(task_id, attempt), col(TaskRow.status) == TaskStatus.running)
        .values(publication=new.model_dump(mode="json"))
        .returning(col(TaskRow.id))
    )
    async with database.write() as session:
        return (await session.exec(query)).first() is not None


async def succeed(
    database: Database, task_id: UUID, attempt: int, result: TaskResult
) -> TaskRow | None:
    """End a task well; None if this attempt no longer counts."""
    async with database.write() as session:
        return await _end(
            session,
            task_id,
            TaskStatus.succeeded,
            attempt,
            result=result.model_dump(mode="json"),
            progress=1.0,
        )


async def fail(database: Database, task_id: UUID, attempt: int, problem: Problem) -> TaskRow | None:
    """End a task with an error; None if this attempt no longer counts."""
    async with database.write() as session:
        return await _end(
            session, task_id, TaskStatus.failed, attempt, error=problem.model_dump(mode="json")
        )


async def cancel(database: Database, task_id: UUID) -> TaskRow:
    """End a task because the user says so; its runner is stopped by its worker.

    Raises:
        NotFound: it does not exist.
        Conflict: it has ended already, or its model is just being published.
    """
    async with database.write() as session:
        row = await _move(
            session,
            task_id,
            TaskStatus.cancelled,
            col(TaskRow.publication).is_(None),
            finished_at=now(),
        )
    if row is not None:
        return row
    row = await get(database, task_id)
    if row.status in FINAL:
        raise Conflict(f"The task has already {_ENDED[row.status]}.")
    raise Conflict("The model is trained and is just being published: it is too late to cancel.")


_ENDED = {
    TaskStatus.succeeded: "succeeded",
    TaskStatus.failed: "failed",
    TaskStatus.cancelled: "been cancelled",
}


def status_event(row: TaskRow) -> StatusEvent:
    """Tell where a task stands."""
    return StatusEvent(
        status=row.status,
        progress=row.progress,
        attempt=row.attempt,
        result=row.result and TaskResult.model_validate(row.result),
        error=row.error and Problem.model_validate(row.error),
    )


def _held(task_id: UUID, attempt: int) -> tuple[ColumnElement[bool], ...]:
    return (col(TaskRow.id) == task_id, col(TaskRow.attempt) == attempt)


async def _end(
    session: AsyncSession, task_id: UUID, status: TaskStatus, attempt: int, **values: Any
) -> TaskRow | None:
    return await _move(
        session,
        task_id,
        status,
        *_held(task_id, attempt),
        finished_at=now(),
        publication=None,
        **values,
    )


async def _move(
    session: AsyncSession,
    task_id: UUID,
    status: TaskStatus,
    *conditions: ColumnElement[bool],
    **values: Any,
) -> TaskRow | None:
    """Change a task's status, if it may become that and the conditions hold; else None.

    The only place that changes a status.
    """
    before = [earlier for earlier, later in MAY_BECOME.items() if status in later]
    query = (
        update(TaskRow)
        .where(col(TaskRow.id) == task_id, col(TaskRow.status).in_(before), *conditions)
        .values(status=status, **values)
        .returning(TaskRow)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(query)).scalars().one_or_none()
