"""The real registry with what a test puts in, and the line to it."""

import hashlib
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from services.registry.main import build
from services.registry.settings import RegistrySettings
from shared.clients.registry import RegistryClient
from shared.contracts.datasets import Dataset
from shared.contracts.models import ArtifactFile, Lineage, ModelVersion, NewVersion
from shared.contracts.tasks import Scope
from shared.forecasting import FittedModel

ROLES = {"date": "date", "sales": "target", "price": "known"}


class Line(httpx.AsyncBaseTransport):
    """The way to the registry: remembers what goes over it, and can be cut or spoilt."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app)
        self.is_down = False
        self.spoil = 0  # so many blobs arrive damaged
        self.paths: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            raise httpx.ConnectError("cut", request=request)
        self.paths.append(request.url.path)
        response = await self._transport.handle_async_request(request)
        if self.spoil and request.url.path.startswith("/internal/blobs/"):
            self.spoil -= 1
            content = await response.aread()
            return httpx.Response(200, content=content[:-1])
        return response

    def count(self, part: str) -> int:
        """Return how often a path with this part was asked for."""
        return sum(part in path for path in self.paths)


class Registry:
    """A registry to fill."""

    def __init__(self, app: FastAPI, client: RegistryClient) -> None:
        self.line = Line(app)
        self._client = client

    @classmethod
    @asynccontextmanager
    async def start(cls, data: Path) -> AsyncIterator["Registry"]:
        """Run a registry in this process."""
        app = build(RegistrySettings(data=data))
        async with LifespanManager(app, startup_timeout=60, shutdown_timeout=60):
            client = RegistryClient("http://registry", data / "cache", httpx.ASGITransport(app))
            yield cls(app, client)
            await client.close()

    async def add_dataset(self, table: pa.Table, name: str = "pharmacy") -> Dataset:
        """Upload a table: the columns that have no role are ids."""
        mapping = {
            "date": "date",
            "target": "sales",
            "known": [column for column in table.column_names if column == "price"],
            "ids": [column for column in table.column_names if column not in ROLES],
            "gaps": "missing",
            "frequency": "D",
        }
        file = io.BytesIO()
        pq.write_table(table, file)
        answer = await self._client.send(
            "POST",
            "/upload",
            files={"file": ("sales.parquet", file.getvalue())},
            data={"name": name, "mapping": json.dumps(mapping)},
        )
        return Dataset.model_validate_json(answer.content)

    async def publish(self, fitted: FittedModel, dataset: Dataset, name: str) -> ModelVersion:
        """Publish a version."""
        made = fitted.manifest
        files = []
        with TemporaryDirectory() as folder:
            for path in fitted.save(Path(folder), {}):
                content = path.read_bytes()
                digest = hashlib.sha256(content).hexdigest()
                await self._client.put_blob(digest, path)
                file = ArtifactFile(name=path.name, digest=digest, size_bytes=len(content))
                files.append(file)
        new = NewVersion(
            algorithm=made.algorithm,
            scope=Scope(level=made.scope.level, total=made.scope.total, **made.scope.keys),
            horizon=made.horizon,
            context_length=made.context_length,
            hyperparameters=made.hyperparameters,
            frequency=made.frequency,
            metrics=fitted.metrics,
            lineage=Lineage(
                task_id=uuid4(),
                dataset_id=dataset.id,
                dataset_name=dataset.name,
                dataset_version=dataset.version,
                dataset_digest=dataset.digest,
                code_version=made.code_version,
                seed=made.seed,
            ),
            files=files,
        )
        return await self._client.publish(name, new)

    async def delete_dataset(self, dataset: Dataset) -> None:
        """Delete a dataset, whoever needs it."""
        await self._client.send("DELETE", f"/datasets/{dataset.id}", params={"force": True})

    async def delete_model(self, name: str) -> None:
        """Delete a model with all its versions."""
        await self._client.send("DELETE", f"/models/{name}")
