"""A registry in memory, and the line to it."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from shared.contracts.datasets import Dataset, Gaps, Quality
from shared.contracts.models import ArtifactFile, Lineage, ModelVersion
from shared.contracts.tasks import Scope
from shared.forecasting import FittedModel


class Line(httpx.AsyncBaseTransport):
    """The way to the registry: counts what goes over it, and can be cut or spoilt."""

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
    """What the prediction service sees of a registry."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.datasets: dict[UUID, Dataset] = {}
        self.versions: dict[str, list[ModelVersion]] = {}
        self.blobs: dict[str, bytes] = {}
        self.app = FastAPI()
        self._routes(self.app)
        self.line = Line(self.app)

    async def add_dataset(
        self, table: pa.Table, name: str = "pharmacy", frequency: str = "D"
    ) -> Dataset:
        """Store a dataset."""
        file = io.BytesIO()
        pq.write_table(table, file)
        dates: list[datetime] = table.column("date").to_pylist()  # type: ignore[assignment]
        version = 1 + sum(one.name == name for one in self.datasets.values())
        dataset = Dataset(
            id=uuid4(),
            name=name,
            version=version,
            digest=self._blob(file.getvalue()),
            frequency=frequency,
            ids=[c for c in table.column_names if c not in ("date", "sales", "price")],
            target="sales",
            known=[c for c in table.column_names if c == "price"],
            past=[],
            static=[],
            gaps=Gaps.missing,
            series_count=4,
            row_count=table.num_rows,
            size_bytes=len(file.getvalue()),
            start=min(dates),
            end=max(dates),
            future_end=max(dates),
            quality=Quality(),
            created_at=datetime.now(UTC),
        )
        self.datasets[dataset.id] = dataset
        return dataset

    async def publish(
        self, fitted: FittedModel, dataset: Dataset, name: str = "lstm_global"
    ) -> ModelVersion:
        """Publish a version."""
        folder = self.folder / uuid4().hex
        scope = fitted.manifest.scope
        files = []
        for path in fitted.save(folder, {}):
            content = path.read_bytes()
            files.append(
                ArtifactFile(name=path.name, digest=self._blob(content), size_bytes=len(content))
            )
        versions = self.versions.setdefault(name, [])
        version = ModelVersion(
            model=name,
            version=len(versions) + 1,
            algorithm=fitted.manifest.algorithm,
            scope=Scope(level=scope.level, total=scope.total, **scope.keys),
            horizon=fitted.manifest.horizon,
            context_length=fitted.manifest.context_length,
            hyperparameters=fitted.manifest.hyperparameters,
            frequency=fitted.manifest.frequency,
            metrics=fitted.metrics,
            lineage=Lineage(
                task_id=uuid4(),
                dataset_id=dataset.id,
                dataset_name=dataset.name,
                dataset_version=dataset.version,
                dataset_digest=dataset.digest,
                code_version="0",
                seed=0,
            ),
            files=files,
            size_bytes=sum(file.size_bytes for file in files),
            created_at=datetime.now(UTC),
        )
        versions.append(version)
        return version

    async def delete_dataset(self, dataset: Dataset) -> None:
        """Delete a dataset."""
        del self.datasets[dataset.id]

    async def delete_model(self, name: str) -> None:
        """Delete a model with all its versions."""
        del self.versions[name]

    def _blob(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return digest

    def _routes(self, app: FastAPI) -> None:
        def missing() -> Response:
            body = {"title": "Not Found", "status": 404, "detail": "It is not there."}
            return JSONResponse(body, 404)

        @app.get("/datasets/{dataset_id}")
        async def dataset(dataset_id: UUID) -> Response:
            found = self.datasets.get(dataset_id)
            return Response(found.model_dump_json()) if found else missing()

        @app.get("/internal/datasets/latest")
        async def latest(name: str) -> Response:
            found = [one for one in self.datasets.values() if one.name == name]
            return Response(found[-1].model_dump_json()) if found else missing()

        @app.get("/models/{name}")
        async def model(name: str) -> Response:
            found = self.versions.get(name)
            if not found:
                return missing()
            body = {
                "name": name,
                "algorithm": found[0].algorithm,
                "scope": found[0].scope.model_dump(),
                "dataset_name": "",
                "version_count": len(found),
                "aliases": {},
                "latest": found[-1].model_dump(mode="json"),
                "created_at": "2024-01-01T00:00:00Z",
                "updated_at": "2024-01-01T00:00:00Z",
            }
            return JSONResponse(body)

        @app.get("/models/{name}/versions/{version}")
        async def version(name: str, version: str) -> Response:
            found = self.versions.get(name, [])
            number = len(found) if version in ("best", "latest") else int(version)
            match = [one for one in found if one.version == number]
            return Response(match[0].model_dump_json()) if match else missing()

        @app.get("/internal/blobs/{digest}")
        async def blob(digest: str) -> Response:
            return Response(self.blobs[digest])
