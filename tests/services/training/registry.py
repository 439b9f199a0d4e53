"""A real registry behind a real socket, with switches to cut it off."""

import asyncio
import hashlib
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from services.registry.main import build
from services.registry.settings import RegistrySettings
from shared.contracts.base import Page
from shared.contracts.datasets import Dataset
from shared.contracts.models import ArtifactFile, Model, ModelVersion, NewVersion

STORES, PRODUCTS, DAYS = ("S1", "S2"), ("P1", "P2", "P3"), 120
IDS = ("store_id", "product_id")
FILE = b"{}"


def sales(ids: tuple[str, ...] = IDS, days: int = DAYS) -> bytes:
    """Return daily sales with a weekly season; P3 in S2 is sold for ten days only."""
    random = np.random.default_rng(0)
    dates = np.datetime64("2024-01-01", "us") + np.arange(days) * np.timedelta64(1, "D")
    values = random.poisson(20 + 8 * np.sin(2 * np.pi * np.arange(days) / 7)).astype(float)
    parts = []
    for store in STORES:
        for product in PRODUCTS:
            length = 10 if (store, product) == ("S2", "P3") else days
            columns = {
                ids[0]: pa.array([store] * length),
                ids[1]: pa.array([product] * length),
                "date": pa.array(dates[:length]),
                "sales": pa.array(values[:length]),
            }
            parts.append(pa.table(columns))
    file = io.BytesIO()
    pq.write_table(pa.concat_tables(parts), file)
    return file.getvalue()


class Switches:
    """Lets requests through to the registry, or refuses them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.reset()

    def reset(self) -> None:
        """Let everything through, and forget what was counted."""
        self.is_down = False
        self.publishing_is_down = False
        self.refused_publishing = False
        self.published = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        publishes = scope["type"] == "http" and scope["path"].endswith("/versions")
        publishes = publishes and scope["method"] == "POST"
        refused = publishes and self.publishing_is_down
        self.refused_publishing |= refused
        if scope["type"] == "http" and (self.is_down or refused):
            body = {"title": "No", "status": 503, "detail": "The registry does not answer."}
            await JSONResponse(body, 503)(scope, receive, send)
            return
        self.published += publishes
        await self._app(scope, receive, send)


class Registry:
    """The registry's address, its switches, and what a test puts into it or finds in it."""

    def __init__(self, url: str, switches: Switches) -> None:
        self.url = url
        self.switches = switches
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def clear(self) -> None:
        """Delete everything, and let every request through."""
        self.switches.reset()
        for model in self._http.get("/models").json()["items"]:
            self._http.delete(f"/models/{model['name']}").raise_for_status()
        for dataset in self._http.get("/datasets").json()["items"]:
            self.delete_dataset(dataset["id"])

    def add_dataset(self, name: str = "pharmacy", ids: tuple[str, ...] = IDS) -> Dataset:
        """Upload the small table."""
        mapping = {"date": "date", "target": "sales", "ids": list(ids), "frequency": "D"}
        answer = self._http.post(
            "/upload",
            files={"file": ("sales.parquet", sales(ids))},
            data={"name": name, "mapping": json.dumps(mapping)},
        )
        assert answer.status_code == 201, answer.text
        return Dataset.model_validate_json(answer.content)

    def delete_dataset(self, dataset_id: str) -> None:
        """Delete a dataset, whoever needs it."""
        self._http.delete(f"/datasets/{dataset_id}", params={"force": True}).raise_for_status()

    def delete_model(self, name: str) -> None:
        """Delete a model with all of its versions."""
        self._http.delete(f"/models/{name}").raise_for_status()

    def publish(self, name: str, new: NewVersion) -> ModelVersion:
        """Publish a version with one small file."""
        digest = hashlib.sha256(FILE).hexdigest()
        self._http.put(f"/internal/blobs/{digest}", content=FILE).raise_for_status()
        file = ArtifactFile(name="manifest.json", digest=digest, size_bytes=len(FILE))
        body = new.model_copy(update={"files": [file]}).model_dump_json()
        answer = self._http.post(
            f"/internal/models/{name}/versions",
            content=body,
            headers={"content-type": "application/json"},
        )
        assert answer.is_success, answer.text
        return ModelVersion.model_validate_json(answer.content)

    def versions(self) -> list[ModelVersion]:
        """Return every version of every model."""
        models = Page[Model].model_validate_json(self._http.get("/models").content)
        pages = [self._http.get(f"/models/{model.name}/versions") for model in models.items]
        return [v for p in pages for v in Page[ModelVersion].model_validate_json(p.content).items]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


@contextmanager
def serving(data: Path) -> Iterator[Registry]:
    """Serve a registry on a free port, in a thread of its own."""
    switches = Switches(build(RegistrySettings(data=data)))
    server = uvicorn.Server(uvicorn.Config(switches, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the registry did not start"
        threading.Event().wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    registry = Registry(f"http://127.0.0.1:{port}", switches)
    try:
        yield registry
    finally:
        registry.close()
        server.should_exit = True
        thread.join(30)
