"""The registry's client: datasets to learn from, models to load, versions to publish."""

from collections.abc import AsyncIterator, Container, Mapping
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import httpx

from shared.clients.cache import LIMIT_BYTES, DigestCache
from shared.clients.http import ServiceClient
from shared.contracts.base import Page
from shared.contracts.datasets import Dataset, SeriesSummary
from shared.contracts.models import ArtifactFile, Model, ModelVersion, NewVersion

_CHUNK = 1 << 20


class RegistryClient(ServiceClient):
    """Typed calls of the registry."""

    def __init__(
        self,
        base_url: str,
        cache: Path,
        transport: httpx.AsyncBaseTransport | None = None,
        cache_bytes: int = LIMIT_BYTES,
    ) -> None:
        super().__init__("registry", base_url, transport)
        self._cache = DigestCache(cache, cache_bytes)

    async def dataset(self, dataset_id: UUID) -> Dataset:
        """Return a dataset; NotFound if it does not exist."""
        response = await self.send("GET", f"/datasets/{dataset_id}")
        return Dataset.model_validate_json(response.content)

    async def latest_dataset(self, name: str) -> Dataset:
        """Return the newest version of a dataset by its name; NotFound if there is none."""
        response = await self.send("GET", "/internal/datasets/latest", params={"name": name})
        return Dataset.model_validate_json(response.content)

    async def series(
        self, dataset_id: UUID, keys: Mapping[str, str], sort: str, page_size: int
    ) -> Page[SeriesSummary]:
        """Return the first series that match the id values, and how many there are."""
        response = await self.send(
            "GET",
            f"/datasets/{dataset_id}/series",
            params={
                "where": [f"{column}:{value}" for column, value in keys.items()],
                "sort": sort,
                "page_size": page_size,
            },
        )
        return Page[SeriesSummary].model_validate_json(response.content)

    async def count_series(self, dataset_id: UUID, keys: Mapping[str, str]) -> int:
        """Return how many series match the id values."""
        return (await self.series(dataset_id, keys, sort="-length", page_size=1)).total

    async def dataset_file(self, dataset: Dataset) -> Path:
        """Return the dataset's Parquet file on this host."""
        return await self._cache.get(
            dataset.digest, lambda: self.stream(f"/internal/blobs/{dataset.digest}")
        )

    async def model(self, name: str) -> Model:
        """Return a model; NotFound if it does not exist."""
        response = await self.send("GET", f"/models/{quote(name, safe='')}")
        return Model.model_validate_json(response.content)

    async def version(self, name: str, version: str | int) -> ModelVersion:
        """Return a version by number or alias; NotFound if it does not exist."""
        response = await self.send("GET", f"/models/{quote(name, safe='')}/versions/{version}")
        return ModelVersion.model_validate_json(response.content)

    async def artifact(
        self, version: ModelVersion, only: Container[str] | None = None
    ) -> dict[str, Path]:
        """Return a version's files on this host, by their names in the artifact."""
        wanted = [file for file in version.files if only is None or file.name in only]
        return {file.name: await self._artifact_file(file) for file in wanted}

    async def _artifact_file(self, file: ArtifactFile) -> Path:
        return await self._cache.get(
            file.digest, lambda: self.stream(f"/internal/blobs/{file.digest}")
        )

    async def put_blob(self, digest: str, file: Path) -> None:
        """Store a file under its digest; storing it again is fine."""
        await self.send(
            "PUT",
            f"/internal/blobs/{digest}",
            content=_chunks(file),
            timeout=httpx.Timeout(300.0, connect=2.0),
        )

    async def publish(self, name: str, new: NewVersion) -> ModelVersion:
        """Publish a version; the same task always gets the same one."""
        response = await self.send(
            "POST",
            f"/internal/models/{quote(name, safe='')}/versions",
            content=new.model_dump_json(),
            headers={"content-type": "application/json"},
        )
        return ModelVersion.model_validate_json(response.content)


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as stream:  # pieces of a local file, not a network
        while chunk := stream.read(_CHUNK):
            yield chunk
