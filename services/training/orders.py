"""Starting and cancelling: commit first, then tell the queue and those who watch."""

from collections.abc import Awaitable
from dataclasses import dataclass
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from services.training import naming, tasks
from services.training.catalogue import Catalogue
from services.training.checks import check
from services.training.tables import TaskRow
from shared.clients.registry import RegistryClient
from shared.contracts.tasks import TaskResult, TrainingRequest, VersionRef
from shared.kit import events
from shared.kit.database import Database
from shared.kit.errors import AppError, Conflict
from shared.kit.queue import Queue

log = structlog.get_logger()


@dataclass(frozen=True)
class Counter:
    """What an order needs: where tasks are kept, who works on them, what can be ordered."""

    database: Database
    queue: Queue
    registry: RegistryClient
    catalogue: Catalogue


async def start(counter: Counter, request: TrainingRequest) -> TaskRow:
    """Check, store and queue a training.

    Raises:
        NotFound: there is no such dataset.
        Conflict: the algorithm cannot be used on this machine.
        Invalid: fields are wrong; all of them are named.
        Unavailable: the registry or the queue does not answer; nothing is stored.
    """
    dataset = await check(request, counter.catalogue, counter.registry)
    await counter.queue.ping()
    row = await naming.enter(counter.database, counter.registry, request, dataset)
    # the task is stored, so it will be done: what fails from here on, the reconciler makes good
    await _tried(events.publish(counter.queue.redis, row.id, tasks.status_event(row)))
    await _tried(counter.queue.enqueue(row.id, row.attempt + 1))
    return row


async def repeat(counter: Counter, task_id: UUID) -> TaskRow:
    """Order what a task did once more, by the times that its model noted.

    Raises:
        NotFound: the task does not exist, or its dataset does not any more.
        Conflict: it has left no model.
        Invalid: its model was deleted since.
        Unavailable: the registry or the queue does not answer; nothing is stored.
    """
    row = await tasks.get(counter.database, task_id)
    if row.kind != "training" or row.result is None:
        raise Conflict("Only a training that has left a model can be made again.")
    result = TaskResult.model_validate(row.result)
    request = TrainingRequest.model_validate(row.request)
    made = VersionRef(model=result.model, version=result.version)
    return await start(counter, request.model_copy(update={"pace_of": made}))


async def cancel(counter: Counter, task_id: UUID) -> TaskRow:
    """Cancel a task; the worker that runs it notices within a second.

    Raises:
        NotFound: it does not exist.
        Conflict: it has ended already, or its model is just being published.
    """
    row = await tasks.cancel(counter.database, task_id)
    await _tried(events.publish(counter.queue.redis, row.id, tasks.status_event(row)))
    await _tried(counter.queue.withdraw(row.id, row.attempt + 1))
    return row


async def _tried(telling: Awaitable[object]) -> None:
    try:
        await telling
    except (RedisError, OSError, AppError) as error:
        log.warning("the queue was not told", error=str(error))
