"""The training service with a real queue, a registry behind a socket, and real workers."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvicorn
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from services.training import catalogue
from services.training.catalogue import Catalogue
from services.training.main import build
from services.training.settings import TrainingSettings
from services.training.tables import SCHEMA
from shared.kit import migrations
from shared.kit.database import Database
from shared.kit.settings import Settings
from tests.services.training.registry import Registry, serving

ALGORITHMS = Path(__file__).parent / "algorithms"
ENDED = ("succeeded", "failed", "cancelled")
LIMIT_S = 90.0


@pytest.fixture(autouse=True)
def extra_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the tests' own algorithms to the register, which does not change during a test."""
    monkeypatch.setenv("SHELFCAST_ALGORITHMS", str(ALGORITHMS))
    monkeypatch.setattr(catalogue, "digest", lambda: "listed")


@pytest.fixture(scope="session")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """List the algorithms once, in a folder that every test copies."""
    folder = tmp_path_factory.mktemp("listed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHELFCAST_ALGORITHMS", str(ALGORITHMS))
        patch.setattr(catalogue, "digest", lambda: "listed")
        asyncio.run(Catalogue(folder).algorithms())
    return folder


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the database once; every test gets a copy."""
    data = tmp_path_factory.mktemp("migrated")
    database = Database(Settings(data=data).database(SCHEMA), SCHEMA)

    async def migrate() -> None:
        await migrations.upgrade(database)
        await database.close()

    asyncio.run(migrate())
    return data / "db"


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Serve one registry for all tests: it starts processes, which take their time."""
    with serving(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def registry(served: Registry) -> Registry:
    """Return the registry, empty and with all switches as they should be."""
    served.clear()
    return served


@pytest.fixture
def database_url() -> str | None:
    """Return where tasks are kept; a SQLite file unless a test says otherwise."""
    return None


@pytest.fixture
def settings(
    tmp_path: Path,
    listed: Path,
    migrated: Path,
    redis_url: str,
    registry: Registry,
    database_url: str | None,
) -> TrainingSettings:
    shutil.copytree(migrated, tmp_path / "data" / "db")
    shutil.copytree(listed, tmp_path / "data" / "cache")
    return TrainingSettings.model_validate(
        {
            "data": tmp_path / "data",
            "redis_url": redis_url,
            "registry_url": registry.url,
            "database_url": database_url,
            "training_threads": 1,
            "training_warm": False,
        }
    )


@pytest.fixture
async def app(settings: TrainingSettings) -> AsyncIterator[FastAPI]:
    app = build(settings)
    async with LifespanManager(app, startup_timeout=60, shutdown_timeout=60):
        yield app


@pytest.fixture
async def training(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://training") as client:
        yield client


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """Serve the app on a free port, for WebSockets."""
    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


class Workers:
    """Worker processes of a test."""

    def __init__(self, settings: TrainingSettings) -> None:
        self._settings = settings
        self._processes: list[subprocess.Popen[bytes]] = []
        self.log = settings.data / "worker.log"

    def start(self, **changes: Any) -> psutil.Process:
        """Start a worker."""
        settings = self._settings.model_copy(update=changes)
        told = {
            "SHELFCAST_DATA": str(settings.data),
            "SHELFCAST_REDIS_URL": settings.redis_url.get_secret_value(),
            "SHELFCAST_REGISTRY_URL": settings.registry_url,
            "SHELFCAST_TRAINING_SLOTS": str(settings.training_slots),
            "SHELFCAST_TRAINING_THREADS": str(settings.training_threads),
            "SHELFCAST_TRAINING_WARM": str(settings.training_warm),
        }
        if settings.database_url is not None:
            told["SHELFCAST_DATABASE_URL"] = settings.database_url.get_secret_value()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.training.worker"],
                env={**os.environ, **told},
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return psutil.Process(process.pid)

    def runners(self) -> list[psutil.Process]:
        """Return the runners of all workers, also of those that are dead."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if "services.training.runner" in process.cmdline() and self._is_ours(process):
                    found.append(process)
        return found

    def _is_ours(self, process: psutil.Process) -> bool:
        ours = process.environ().get("SHELFCAST_DATA") == str(self._settings.data)
        return ours and process.status() != psutil.STATUS_ZOMBIE

    def end(self) -> None:
        """End all workers."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self._processes:
            process.wait(20)


@pytest.fixture
def workers(settings: TrainingSettings) -> Iterator[Workers]:
    workers = Workers(settings)
    try:
        yield workers
    finally:
        workers.end()
        if workers.log.exists():
            sys.stderr.write(workers.log.read_text())
        assert workers.runners() == []


async def eventually(
    true: Callable[[], Awaitable[Any]] | Callable[[], Any], limit_s: float = LIMIT_S
) -> Any:
    """Wait until something is true and return it."""
    async with asyncio.timeout(limit_s):
        while True:
            found = true()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.05)


async def reached(training: AsyncClient, task: dict[str, Any], *statuses: str) -> dict[str, Any]:
    """Wait until a task has one of these statuses and return it."""

    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = (await training.get(f"/tasks/{task['id']}")).json()
        return found if found["status"] in statuses else None

    found: dict[str, Any] = await eventually(look)
    return found


async def ordered(training: AsyncClient, registry: Registry, **changes: Any) -> dict[str, Any]:
    """Start a training of the sleepy algorithm on a new dataset and return its task."""
    hyperparameters = changes.pop("hyperparameters", {})
    dataset = registry.add_dataset()
    body = {
        "dataset_id": str(dataset.id),
        "algorithm": "sleepy",
        "horizon": 7,
        "hyperparameters": hyperparameters,
        **changes,
    }
    answer = await training.post("/training", json=body)
    assert answer.status_code == 202, answer.text
    task: dict[str, Any] = answer.json()
    return task
