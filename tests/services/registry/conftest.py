"""A registry in an empty folder, on SQLite, and for what the database decides on PostgreSQL too."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from services.registry.main import build
from services.registry.settings import RegistrySettings
from shared.kit import migrations
from shared.kit.database import Database


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty database once; each test gets a copy."""
    settings = RegistrySettings(data=tmp_path_factory.mktemp("migrated"))
    database = Database(settings.database("registry"), "registry")

    async def migrate() -> None:
        await migrations.upgrade(database)
        await database.close()

    asyncio.run(migrate())
    return settings.data / "db" / "registry.sqlite"


@pytest.fixture
def settings(
    tmp_path: Path, database_kind: str, migrated: Path, request: pytest.FixtureRequest
) -> RegistrySettings:
    (tmp_path / "db").mkdir()
    shutil.copy(migrated, tmp_path / "db" / "registry.sqlite")
    url = None
    if database_kind == "postgres":
        url = SecretStr(request.getfixturevalue("postgres_url"))
    return RegistrySettings(data=tmp_path, database_url=url, max_upload_bytes=5_000_000)


@pytest.fixture
async def app(settings: RegistrySettings) -> AsyncIterator[FastAPI]:
    app = build(settings)
    async with LifespanManager(app, startup_timeout=60, shutdown_timeout=60):
        yield app


@pytest.fixture
async def registry(app: FastAPI) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://registry", timeout=60) as client:
        yield client


@pytest.fixture
def stored(settings: RegistrySettings) -> "Stored":
    return Stored(settings.data / "blobs")


class Stored:
    """What lies in the registry's folder of blobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def blobs(self) -> set[str]:
        """Return the digests of all blobs."""
        return {f.parent.name + f.name for f in (self.folder / "sha256").glob("*/*")}

    @property
    def halves(self) -> list[Path]:
        """Return the files in the making."""
        return list((self.folder / "incoming").iterdir())


def problem(response: Any, status: int, pointer: str) -> str:
    """Check that an answer is a problem about one field, and return what it says."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert pointer in [error["pointer"] for error in body["errors"]], body
    return str(body["detail"])
