"""What every route of the registry works on."""

from typing import Annotated, cast

from fastapi import Depends, Request

from services.registry.settings import RegistrySettings
from shared.kit.database import Database
from shared.kit.storage import BlobStore


def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


def _store(request: Request) -> BlobStore:
    return cast("BlobStore", request.app.state.store)


def _settings(request: Request) -> RegistrySettings:
    return cast("RegistrySettings", request.app.state.settings)


TheDatabase = Annotated[Database, Depends(_database)]
TheStore = Annotated[BlobStore, Depends(_store)]
TheSettings = Annotated[RegistrySettings, Depends(_settings)]
