"""The prediction service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from services.prediction import history, routes
from services.prediction.engine import Engine
from services.prediction.forecasts import Workshop
from services.prediction.lookup import Lookup
from services.prediction.questions import Limits
from services.prediction.settings import PredictionSettings
from services.prediction.sources import Sources
from services.prediction.tables import SCHEMA
from shared.clients.registry import RegistryClient
from shared.kit import schema
from shared.kit.app import create_app
from shared.kit.database import Database
from shared.kit.storage import BlobStore


def build(
    settings: PredictionSettings | None = None,
    registry: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Build the service.

    Args:
        settings: from the environment if None.
        registry: how to reach the registry; over the network if None.
    """
    settings = settings or PredictionSettings()
    engine = Engine(
        settings.prediction_threads,
        settings.prediction_torch_threads,
        settings.prediction_queue,
        settings.prediction_deadline_s,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.database(SCHEMA), SCHEMA)
        await schema.bring_up_to_date(database)
        client = RegistryClient(
            settings.registry_url, settings.folder("cache"), registry, settings.download_cache_bytes
        )
        sources = Sources(client, engine, settings)
        blobs = BlobStore(settings.folder("predictions"))
        blobs.sweep()
        app.state.workshop = Workshop(
            database, blobs, engine, Lookup(client), sources, Limits.of(settings)
        )
        engine.start()
        try:
            yield
        finally:
            await sources.close()
            await engine.close()
            await client.close()
            await database.close()

    async def database_answers() -> None:
        await history.stats(app.state.workshop.database)

    checks = {"engine": engine.check, "database": database_answers}
    app = create_app(SCHEMA, settings, [routes.router, routes.internal], lifespan, checks)
    return app
