"""Builds the registry."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import (
    blob_routes,
    blobs,
    model_routes,
    revision_routes,
    routes,
    upload_routes,
)
from services.registry.settings import RegistrySettings
from shared.kit import schema
from shared.kit.app import create_app
from shared.kit.database import Database
from shared.kit.storage import BlobStore

log = structlog.get_logger()
_SWEEP_S = 3600


def build(settings: RegistrySettings | None = None) -> FastAPI:
    """Return the registry's application."""
    settings = settings or RegistrySettings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        started = time.time()
        database = Database(settings.database("registry"), "registry")
        try:
            await schema.bring_up_to_date(database)
            store = await asyncio.to_thread(BlobStore, settings.folder("blobs"))
            swept = await asyncio.to_thread(store.sweep)
            if swept:
                log.info("half-written files removed", count=swept)
            await blobs.sweep(database, store, before=started)
            await blobs.free(database, store)
            app.state.database, app.state.store = database, store
            sweeper = asyncio.create_task(_sweep(database, store))
            yield
            sweeper.cancel()
        finally:
            await database.close()

    async def database_answers() -> None:
        async with app.state.database.read() as session:
            await (await session.connection()).execute(text("SELECT 1"))

    async def folder_is_there() -> None:
        await asyncio.to_thread((settings.data / "blobs").stat)

    rooms = (routes, revision_routes, upload_routes, model_routes, blob_routes)
    routers = [room.router for room in rooms]
    checks = {"database": database_answers, "blobs": folder_is_there}
    app = create_app("registry", settings, routers, lifespan, checks)
    return app


async def _sweep(database: Database, store: BlobStore) -> None:
    """Free blobs whose promises lapsed, and files that were never entered, once an hour."""
    while True:
        await asyncio.sleep(_SWEEP_S)
        try:
            await blobs.sweep(database, store, before=time.time() - _SWEEP_S)
            await blobs.free(database, store)
        except Exception:
            log.exception("sweeping blobs failed; it is tried again in an hour")
