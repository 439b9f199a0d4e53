"""The training service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import structlog
from fastapi import FastAPI

from services.training import live, routes, tasks
from services.training.catalogue import Catalogue
from services.training.orders import Counter
from services.training.settings import TrainingSettings
from services.training.tables import SCHEMA
from shared.clients.registry import RegistryClient
from shared.kit import schema
from shared.kit.app import create_app
from shared.kit.background import end
from shared.kit.database import Database
from shared.kit.errors import AppError
from shared.kit.events import Doorbells
from shared.kit.queue import Queue

log = structlog.get_logger()


def build(
    settings: TrainingSettings | None = None,
    registry: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Build the service.

    Args:
        settings: from the environment if None.
        registry: how to reach the registry; over the network if None.
    """
    settings = settings or TrainingSettings()
    queue = Queue(settings.redis_url.get_secret_value())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.database(SCHEMA), SCHEMA)
        await schema.bring_up_to_date(database)
        cache = settings.folder("cache")
        client = RegistryClient(
            settings.registry_url, cache, registry, settings.download_cache_bytes
        )
        app.state.counter = Counter(database, queue, client, Catalogue(cache))
        app.state.bells = Doorbells(queue.redis)
        background = [
            asyncio.create_task(app.state.bells.listen()),
            asyncio.create_task(_list_ahead(app.state.counter.catalogue)),
        ]
        try:
            yield
        finally:
            await end(*background)
            await client.close()
            await queue.close()
            await database.close()

    async def database_answers() -> None:
        await tasks.counts(app.state.counter.database)

    async def idle_queue() -> str | None:
        return None if await queue.workers() else "No worker is running: tasks wait."

    app = create_app(
        SCHEMA,
        settings,
        [routes.router, live.router, routes.internal],
        lifespan,
        {"queue": queue.ping, "database": database_answers},
        {"worker": idle_queue},
    )
    return app


async def _list_ahead(catalogue: Catalogue) -> None:
    """Learn the algorithms before somebody asks; a failure is told to who asks."""
    with suppress(AppError):
        await catalogue.algorithms()
