"""One attempt at one task, from taking it to writing down what became of it."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.training import tasks
from services.training.patience import insist
from services.training.protocol import Assignment, Failed, Told, Trained
from services.training.reporter import Reporter
from services.training.runners import Runner, Runners
from services.training.settings import TrainingSettings
from services.training.tables import TaskRow
from shared.clients.registry import RegistryClient
from shared.contracts.models import NewVersion
from shared.contracts.problems import Problem
from shared.contracts.tasks import EpochEvent, LogEvent, TaskResult, TaskStatus, TrainingRequest
from shared.kit.background import end
from shared.kit.database import Database
from shared.kit.errors import AppError, Invalid, Unavailable
from shared.kit.queue import Attempt, Queue

BEAT_S = 1.0
PATIENCE_S = 3600.0
Answer = TypeVar("Answer")
log = structlog.get_logger()


class Halt(Enum):
    """Why an attempt ends without an outcome."""

    taken_away = "the task was cancelled, or another attempt counts"
    stopping = "the worker stops"


@dataclass(frozen=True)
class Workshop:
    """What a worker works with."""

    settings: TrainingSettings
    database: Database
    queue: Queue
    registry: RegistryClient
    runners: Runners
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    busy: set[Attempt] = field(default_factory=set)


async def work(shop: Workshop, task_id: UUID, attempt: int) -> None:
    """Do an attempt that the queue has handed out."""
    if (task_id, attempt) in shop.busy:
        return
    shop.busy.add((task_id, attempt))
    try:
        row = await tasks.take(shop.database, task_id, attempt)
        if row is None:
            await take_up_again(shop, task_id, attempt)
        else:
            with structlog.contextvars.bound_contextvars(task_id=str(task_id), attempt=attempt):
                await _attempt(shop, row)
    finally:
        shop.busy.discard((task_id, attempt))


async def take_up_again(shop: Workshop, task_id: UUID, attempt: int) -> None:
    """Put a task in line whose worker was lost during this attempt, or which waits for the next."""
    lost = await tasks.lose(shop.database, task_id, attempt)
    if lost is not None:
        log.warning("a worker was lost", task_id=str(task_id), attempt=attempt)
        async with Reporter(shop.queue.redis, task_id) as reporter:
            reporter.tell(LogEvent(level="warning", message="The worker was lost."))
            reporter.tell(tasks.status_event(lost))
    row = lost or await tasks.find(shop.database, task_id)
    if row is not None and row.status == TaskStatus.queued:
        await shop.queue.enqueue(task_id, row.attempt + 1)


async def _attempt(shop: Workshop, row: TaskRow) -> None:
    log.info("task taken", model=row.model)
    async with Reporter(shop.queue.redis, row.id) as reporter:
        reporter.tell(tasks.status_event(row))
        ended = await _conclude(shop, row, await _outcome(shop, row, reporter))
        if ended is not None:
            reporter.tell(tasks.status_event(ended))
    if ended is not None and ended.status == TaskStatus.queued:
        await shop.queue.enqueue(ended.id, ended.attempt + 1)
    log.info("task left", status=ended.status if ended else "taken away")


async def _outcome(shop: Workshop, row: TaskRow, reporter: Reporter) -> TaskResult | Problem | Halt:
    """Keep the promise of an attempt that was lost, or train and publish."""
    if row.publication is not None:
        promised = NewVersion.model_validate(row.publication)
        kept = await _publish(shop, row, promised, reporter)
        if not isinstance(kept, Problem) or kept.status != Invalid.status:
            return kept
        log.warning("the stored files have lapsed, so it trains again")
    trained = await _train(shop, row, reporter)
    if isinstance(trained, NewVersion):
        return await _publish(shop, row, trained, reporter)
    return trained


async def _conclude(
    shop: Workshop, row: TaskRow, outcome: TaskResult | Problem | Halt
) -> TaskRow | None:
    """Write down what became of the task; None if this attempt has no say in it any more."""

    def conclude() -> Awaitable[TaskRow | None]:
        if isinstance(outcome, TaskResult):
            return tasks.succeed(shop.database, row.id, row.attempt, outcome)
        if isinstance(outcome, Problem):
            return tasks.fail(shop.database, row.id, row.attempt, outcome)
        return tasks.give_back(shop.database, row.id, row.attempt)

    if outcome is Halt.taken_away:
        return None
    return await _written(shop, conclude)


async def _train(shop: Workshop, row: TaskRow, reporter: Reporter) -> NewVersion | Problem | Halt:
    """Let a runner train, until it has an outcome or something ends it."""
    folder = shop.settings.folder(f"work/{row.id}-{row.attempt}").absolute()
    try:
        async with shop.runners.lend() as runner:
            return await _supervise(shop, row, runner, reporter, folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _supervise(
    shop: Workshop, row: TaskRow, runner: Runner, reporter: Reporter, folder: Path
) -> NewVersion | Problem | Halt:
    await runner.assign(
        Assignment(
            task_id=row.id,
            request=TrainingRequest.model_validate(row.request),
            registry_url=shop.settings.registry_url,
            cache=str(shop.settings.folder("cache").absolute()),
            cache_bytes=shop.settings.download_cache_bytes,
            folder=str(folder),
        )
    )
    listening = asyncio.create_task(_listen(shop, runner, reporter))
    watching = asyncio.create_task(_until_halted(shop, row, reporter))
    try:
        await asyncio.wait({listening, watching}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            return listening.result()
        if watching.result() is Halt.taken_away:
            await runner.stop()
        return watching.result()
    finally:
        await end(listening, watching)


async def _listen(shop: Workshop, runner: Runner, reporter: Reporter) -> NewVersion | Problem:
    """Pass the runner's events on until it ends, and return its outcome."""
    outcome: NewVersion | Problem | None = None
    async for said in runner.said():
        match said:
            case Told():
                reporter.tell(said.event)
                if isinstance(said.event, EpochEvent):
                    shop.runners.warm()  # not earlier: loading torch would hold this task up
            case Trained():
                outcome = said.version
            case Failed():
                outcome = said.problem
    if outcome is None:
        outcome = Problem(title="Training failed", status=500, detail=runner.why_it_ended())
    if isinstance(outcome, Problem):
        await runner.kill()
        log.warning("the training failed", why=outcome.detail, stderr=runner.last_words())
    return outcome


async def _until_halted(shop: Workshop, row: TaskRow, reporter: Reporter) -> Halt:
    """Return when the task is no longer this attempt's, or the worker stops."""
    while True:
        try:
            async with asyncio.timeout(BEAT_S):
                await shop.stopping.wait()
                return Halt.stopping
        except TimeoutError:
            pass
        try:
            mine = await tasks.beat(shop.database, row.id, row.attempt, reporter.progress)
        except (SQLAlchemyError, OSError) as error:
            log.warning("the database does not answer", error=str(error)[:200])
        else:
            if not mine:
                return Halt.taken_away


async def _publish(
    shop: Workshop, row: TaskRow, new: NewVersion, reporter: Reporter
) -> TaskResult | Problem | Halt:
    """Publish a trained model. From the promise on it will be published, by whichever worker."""
    promised = await _written(shop, lambda: tasks.promise(shop.database, row.id, row.attempt, new))
    if not promised:
        return Halt.taken_away

    def away(error: Exception) -> None:
        reporter.tell(LogEvent(level="warning", message=f"{error} Trying again until it does."))

    publishing = asyncio.create_task(
        insist(lambda: shop.registry.publish(row.model, new), (Unavailable,), PATIENCE_S, away)
    )
    stopping = asyncio.create_task(shop.stopping.wait())
    try:
        await asyncio.wait({publishing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not publishing.done():
            return Halt.stopping
        version = publishing.result()
    except AppError as error:
        return error.problem().model_copy(update={"title": "Publishing failed"})
    finally:
        await end(publishing, stopping)
    return TaskResult(model=version.model, version=version.version, metrics=version.metrics)


async def _written(shop: Workshop, call: Callable[[], Awaitable[Answer]]) -> Answer:
    """Write to the database, waiting for it where it is away."""
    patience = 0.0 if shop.stopping.is_set() else PATIENCE_S
    return await insist(call, (SQLAlchemyError, OSError), patience)
