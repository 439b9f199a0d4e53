"""Internal routes: blobs, the newest version of a dataset, totals."""

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import FileResponse

from services.registry import blobs, datasets, models
from services.registry.access import TheDatabase, TheSettings, TheStore
from services.registry.receiving import refuse_early
from shared.contracts.datasets import Dataset
from shared.kit import storage

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.put("/blobs/{digest}", status_code=status.HTTP_201_CREATED)
async def put_blob(
    digest: str,
    request: Request,
    response: Response,
    database: TheDatabase,
    store: TheStore,
    settings: TheSettings,
) -> dict[str, int | str]:
    """Store a blob under its digest, and keep it until it is published."""
    refuse_early(request, settings.max_upload_bytes)
    was_there = store.has(digest)
    with store.incoming() as part:
        blob = await storage.write(part, request.stream(), expected=digest)
        await blobs.promise(database, store, part, blob)
    if was_there:
        response.status_code = status.HTTP_200_OK
    return {"digest": blob.digest, "size_bytes": blob.size}


@router.get("/blobs/{digest}")
async def get_blob(digest: str, database: TheDatabase, store: TheStore) -> FileResponse:
    """Send a blob."""
    path = await blobs.find(database, store, digest)
    return FileResponse(
        path, media_type="application/octet-stream", headers={"ETag": f'"{digest}"'}
    )


@router.get("/datasets/latest")
async def latest_dataset(name: str, database: TheDatabase) -> Dataset:
    """Read the newest version of a dataset."""
    return await datasets.latest(database, name)


@router.get("/stats")
async def registry_stats(database: TheDatabase) -> dict[str, int]:
    """Count what the registry keeps."""
    return (
        await datasets.counts(database)
        | await models.counts(database)
        | {"storage_bytes": await blobs.stored_bytes(database)}
    )
