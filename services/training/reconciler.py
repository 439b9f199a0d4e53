"""The database is the truth: what it says must be done, and nobody does, is put in line again."""

import asyncio
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.training import tasks
from services.training.attempts import Workshop, take_up_again
from shared.contracts.tasks import TaskStatus
from shared.kit.errors import AppError
from shared.kit.queue import RENEW_S, Attempt

EVERY_S = 4.0
GRACE_S = 2 * RENEW_S + 1  # a living worker has renewed its lease by then, even of a wiped queue
Suspects = dict[Attempt, float]
log = structlog.get_logger()


async def reconcile_forever(shop: Workshop) -> None:
    """Look after the tasks, for ever."""
    suspects: Suspects = {}
    is_blind = False  # told once, not every time
    while True:
        try:
            suspects = await reconcile(shop, suspects, time.monotonic())
            is_blind = False
        except (SQLAlchemyError, OSError, AppError) as error:
            if not is_blind:
                log.warning("cannot look after the tasks", error=str(error)[:200])
            is_blind = True
        await asyncio.sleep(EVERY_S)


async def reconcile(shop: Workshop, suspects: Suspects, now: float) -> Suspects:
    """Put in line what the queue has forgotten, and what lost workers have left.

    Args:
        shop: what a worker works with.
        suspects: since when each running attempt has had no lease.
        now: the present, on the same clock.

    Returns:
        The suspects for the next time.
    """
    rows = await tasks.unfinished(shop.database)
    queued = {(row.id, row.attempt + 1) for row in rows if row.status == TaskStatus.queued}
    for task_id, attempt in queued - await shop.queue.waiting(queued):
        if await shop.queue.enqueue(task_id, attempt):
            log.info("task put in line again", task_id=str(task_id), attempt=attempt)
    running = {(row.id, row.attempt) for row in rows if row.status == TaskStatus.running}
    running -= shop.busy
    alone = running - await shop.queue.leased(running)
    since = {left: suspects.get(left, now) for left in alone}
    for left, moment in since.items():
        if now - moment > GRACE_S:
            await take_up_again(shop, *left)
    return since
