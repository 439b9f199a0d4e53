"""A registry in memory behind a real socket, for processes that cannot share an object."""

import asyncio
import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.base import RequestResponseEndpoint

from shared.contracts.base import Page
from shared.contracts.datasets import Dataset, Gaps, Quality, SeriesSummary
from shared.contracts.models import Model, ModelVersion, NewVersion

STORES, PRODUCTS, DAYS = ("S1", "S2"), ("P1", "P2", "P3"), 120
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def sales(days: int = DAYS) -> "pa.Table":
    """Return daily sales with a weekly season; P3 in S2 is sold for ten days only."""
    random = np.random.default_rng(0)
    dates = np.datetime64("2024-01-01", "us") + np.arange(days) * np.timedelta64(1, "D")
    values = random.poisson(20 + 8 * np.sin(2 * np.pi * np.arange(days) / 7)).astype(float)
    parts = []
    for store in STORES:
        for product in PRODUCTS:
            length = 10 if (store, product) == ("S2", "P3") else days
            columns = {
                "store_id": pa.array([store] * length),
                "product_id": pa.array([product] * length),
                "date": pa.array(dates[:length]),
                "sales": pa.array(values[:length]),
            }
            parts.append(pa.table(columns))
    return pa.concat_tables(parts)


class Registry:
    """What the training service sees of a registry."""

    def __init__(self) -> None:
        self.datasets: dict[UUID, Dataset] = {}
        self.series: dict[UUID, list[SeriesSummary]] = {}
        self.models: dict[str, list[ModelVersion]] = {}
        self.dataset_names: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.url = ""
        self.is_down = False
        self.publishing_is_down = False
        self.refused_publishing = False
        self.publish_calls = 0
        self.app = FastAPI()
        self._switches(self.app)
        self._datasets(self.app)
        self._models(self.app)
        self._blobs(self.app)

    def add_dataset(self, name: str = "pharmacy", days: int = DAYS) -> Dataset:
        """Store a dataset."""
        table, file = sales(days), io.BytesIO()
        pq.write_table(table, file)
        dates: list[datetime] = table.column("date").to_pylist()  # type: ignore[assignment]
        dataset = Dataset(
            id=uuid4(),
            name=name,
            version=1,
            digest=self._blob(file.getvalue()),
            frequency="D",
            ids=["store_id", "product_id"],
            target="sales",
            known=[],
            past=[],
            static=[],
            gaps=Gaps.zero,
            series_count=len(STORES) * len(PRODUCTS),
            row_count=table.num_rows,
            size_bytes=len(file.getvalue()),
            start=min(dates),
            end=max(dates),
            future_end=max(dates),
            quality=Quality(),
            created_at=datetime.now(UTC),
        )
        self.datasets[dataset.id] = dataset
        self.series[dataset.id] = [
            SeriesSummary(
                keys={"store_id": store, "product_id": product},
                start=dataset.start,
                end=dataset.end,
                length=10 if (store, product) == ("S2", "P3") else days,
                mean=20.0,
                zero_share=0.0,
            )
            for store in STORES
            for product in PRODUCTS
        ]
        return dataset

    def versions(self) -> list[ModelVersion]:
        """Return every version of every model."""
        return [version for versions in self.models.values() for version in versions]

    def _blob(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return digest

    def _publish(self, name: str, new: NewVersion) -> ModelVersion:
        self.publish_calls += 1
        for version in self.versions():
            if version.lineage.task_id == new.lineage.task_id:
                return version
        assert all(file.digest in self.blobs for file in new.files)
        versions = self.models.setdefault(name, [])
        self.dataset_names[name] = new.lineage.dataset_name
        version = ModelVersion(
            **new.model_dump(),
            model=name,
            version=len(versions) + 1,
            size_bytes=sum(file.size_bytes for file in new.files),
            created_at=datetime.now(UTC),
        )
        versions.append(version)
        return version

    def _switches(self, app: FastAPI) -> None:
        @app.middleware("http")
        async def cut(request: Request, call_next: RequestResponseEndpoint) -> Response:
            published = self.publishing_is_down and request.url.path.endswith("/versions")
            self.refused_publishing |= published
            return _problem(503) if self.is_down or published else await call_next(request)

    def _datasets(self, app: FastAPI) -> None:
        @app.get("/datasets/{dataset_id}")
        async def dataset(dataset_id: UUID) -> Response:
            found = self.datasets.get(dataset_id)
            return Response(found.model_dump_json()) if found else _problem(404)

        @app.get("/datasets/{dataset_id}/series")
        async def series(dataset_id: UUID, request: Request) -> Response:
            wanted = dict(w.split(":", 1) for w in request.query_params.getlist("where"))
            found = [one for one in self.series[dataset_id] if wanted.items() <= one.keys.items()]
            size = int(request.query_params["page_size"])
            page = Page[SeriesSummary](items=found[:size], total=len(found))
            return Response(page.model_dump_json())

    def _models(self, app: FastAPI) -> None:
        @app.get("/models/{name}")
        async def model(name: str) -> Response:
            found = self.models.get(name)
            if not found:
                return _problem(404)
            body = Model(
                name=name,
                algorithm=found[0].algorithm,
                scope=found[0].scope,
                dataset_name=self.dataset_names[name],
                version_count=len(found),
                aliases={},
                latest=found[-1],
                created_at=found[0].created_at,
                updated_at=found[-1].created_at,
            )
            return Response(body.model_dump_json())

        @app.post("/internal/models/{name}/versions")
        async def publish(name: str, new: NewVersion) -> ModelVersion:
            return self._publish(name, new)

    def _blobs(self, app: FastAPI) -> None:
        @app.get("/internal/blobs/{digest}")
        async def blob(digest: str) -> Response:
            return Response(self.blobs[digest])

        @app.put("/internal/blobs/{digest}")
        async def put(digest: str, request: Request) -> Response:
            content = await request.body()
            assert self._blob(content) == digest
            return Response(status_code=201)


def _problem(status: int) -> Response:
    body = {"title": "No", "status": status, "detail": "The registry does not answer."}
    return JSONResponse(body, status)


@contextmanager
def serving(registry: Registry) -> Iterator[Registry]:
    """Serve the registry on a free port, in a thread of its own."""
    config = uvicorn.Config(registry.app, port=0, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    registry.url = f"http://127.0.0.1:{port}"
    try:
        yield registry
    finally:
        server.should_exit = True
        thread.join(10)
