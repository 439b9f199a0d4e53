"""The worker: takes tasks from the queue and gives each to a runner process. Never imports torch.

`python -m services.training.worker` works until SIGTERM; with `--check` it says whether a worker
on this host is alive.
"""

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import structlog

from services.training.attempts import Workshop, work
from services.training.reconciler import reconcile_forever
from services.training.runners import Runners
from services.training.settings import TrainingSettings
from services.training.tables import SCHEMA
from shared.clients.registry import RegistryClient
from shared.kit import logs, schema
from shared.kit.background import end
from shared.kit.database import Database
from shared.kit.errors import AppError
from shared.kit.process import die_with_parent
from shared.kit.queue import Queue, worker

ABANDONED_AFTER_S = 24 * 3600
WARM_AFTER_S = 6.0
log = structlog.get_logger()


@asynccontextmanager
async def open_workshop(settings: TrainingSettings) -> AsyncIterator[Workshop]:
    """Open what a worker works with, and close it."""
    database = Database(settings.database(SCHEMA), SCHEMA)
    await schema.bring_up_to_date(database)
    queue = Queue(settings.redis_url.get_secret_value())
    registry = RegistryClient(
        settings.registry_url, settings.folder("cache"), None, settings.download_cache_bytes
    )
    runners = Runners(settings)
    try:
        yield Workshop(settings, database, queue, registry, runners)
    finally:
        await runners.close()
        await registry.close()
        await queue.close()
        await database.close()


async def run(settings: TrainingSettings) -> None:
    """Work until SIGTERM or SIGINT, then put unfinished tasks back in line."""
    logs.configure(settings, "worker")
    logging.getLogger("arq").setLevel(logging.WARNING)
    async with open_workshop(settings) as shop:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, shop.stopping.set)
        await asyncio.to_thread(_sweep, settings.folder("work"))
        # loading torch at once would hold up all that starts at the same time
        loop.call_later(WARM_AFTER_S, shop.runners.warm)
        await work_until_told(shop)


async def work_until_told(shop: Workshop) -> None:
    """Work until `shop.stopping` is set."""

    async def handle(task_id: UUID, attempt: int) -> None:
        await work(shop, task_id, attempt)

    receiver = worker(
        shop.settings.redis_url.get_secret_value(), handle, slots=shop.settings.training_slots
    )
    told = asyncio.create_task(shop.stopping.wait())
    serving = asyncio.create_task(receiver.serve())
    reconciling = asyncio.create_task(reconcile_forever(shop))
    log.info("ready", slots=shop.settings.training_slots, threads=shop.settings.runner_threads)
    try:
        ended, _ = await asyncio.wait(
            {told, serving, reconciling}, return_when=asyncio.FIRST_COMPLETED
        )
        for task in ended:
            task.result()  # an error here ends the worker; its supervisor starts another
    finally:
        shop.stopping.set()
        log.info("stopping")
        await end(told, serving, reconciling)
        await receiver.stop()
        await receiver.pool.aclose()
        log.info("stopped")


def _sweep(folder: Path) -> None:
    """Remove what killed workers left long ago."""
    limit = time.time() - ABANDONED_AFTER_S
    for left in folder.iterdir():
        if left.stat().st_mtime < limit:
            shutil.rmtree(left, ignore_errors=True)


async def check(settings: TrainingSettings) -> bool:
    """Say whether a worker on this host is alive."""
    queue = Queue(settings.redis_url.get_secret_value())
    try:
        return await queue.workers(socket.gethostname()) > 0
    except AppError:
        return False
    finally:
        await queue.close()


def main() -> None:
    """Work, or check."""
    settings = TrainingSettings()
    if "--check" in sys.argv[1:]:
        sys.exit(0 if asyncio.run(check(settings)) else 1)
    if os.environ.get("SHELFCAST_SUPERVISED") == "1":
        die_with_parent()
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
