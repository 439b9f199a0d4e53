"""Routes that compare, extend, make again and export versions of a dataset."""

import asyncio
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import FileResponse, StreamingResponse

from services.registry import datasets, receiving, revisions
from services.registry.access import TheDatabase, TheSettings, TheStore
from services.registry.routes import Where
from services.registry.upload_routes import describe_form
from shared.contracts.datasets import Comparison, Dataset, MissingMap, Remake, Split
from shared.kit.errors import Conflict, Invalid, NotFound, TooLarge, problems
from shared.kit.pages import PageSize, PageToken

router = APIRouter(prefix="/datasets", tags=["datasets"])


@router.post(
    "/{dataset_id}/remake",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, Conflict, Invalid),
)
async def remake_dataset(
    dataset_id: UUID,
    request: Remake,
    database: TheDatabase,
    store: TheStore,
    settings: TheSettings,
) -> Dataset:
    """Make a dataset again from its file, with another mapping: a new version."""
    row = await datasets.get(database, dataset_id)
    return await revisions.remake(row, request.mapping, database, store, settings)


@router.post(
    "/{dataset_id}/extend",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, TooLarge, Invalid),
    openapi_extra=describe_form(mapping="A Mapping as JSON; the dataset's own if absent."),
)
async def extend_dataset(
    dataset_id: UUID,
    request: Request,
    database: TheDatabase,
    store: TheStore,
    settings: TheSettings,
) -> Dataset:
    """Add newer rows to a dataset: a new version; rows that overlap are reported."""
    row = await datasets.get(database, dataset_id)
    with store.incoming() as part:
        received = await receiving.receive(request, part, settings.max_upload_bytes)
        return await revisions.extend(row, received, database, store, settings)


@router.get("/{dataset_id}/compare", responses=problems(NotFound))
async def compare_dataset(
    dataset_id: UUID, database: TheDatabase, store: TheStore, previous: UUID | None = None
) -> Comparison:
    """Compare a version with another one; with the one before if none is named."""
    from services.registry import comparing, series

    row = await datasets.get(database, dataset_id)
    before = (
        await datasets.get(database, previous)
        if previous is not None
        else await datasets.previous(database, row)
    )
    paths = store.path(row.index_digest), store.path(before.index_digest)

    def compare() -> Comparison:
        now, then = (series.index_of(path) for path in paths)
        return comparing.compare(row, now, before, then)

    return await asyncio.to_thread(compare)


@router.get(
    "/{dataset_id}/export",
    responses=problems(NotFound) | {200: {"content": {"application/octet-stream": {}}}},
    response_class=Response,
)
async def export_dataset(
    dataset_id: UUID,
    database: TheDatabase,
    store: TheStore,
    file_format: Annotated[Literal["parquet", "csv"], Query(alias="format")] = "csv",
) -> Response:
    """Download a dataset as Parquet or CSV."""
    from services.registry import exporting

    row = await datasets.get(database, dataset_id)
    path, name = store.path(row.digest), f"{row.name}_v{row.version}.{file_format}"
    headers = {"X-Content-Type-Options": "nosniff"}
    if file_format == "parquet":
        headers["ETag"] = f'"{row.digest}"'
        kind = "application/vnd.apache.parquet"
        return FileResponse(path, media_type=kind, filename=name, headers=headers)
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return StreamingResponse(exporting.csv_pieces(path), media_type="text/csv", headers=headers)


@router.get("/{dataset_id}/missing", responses=problems(NotFound, Invalid))
async def map_missing(
    dataset_id: UUID,
    database: TheDatabase,
    store: TheStore,
    where: Where = [],  # noqa: B006  FastAPI copies it
    buckets: Annotated[int, Query(ge=1, le=500, description="Stretches of time.")] = 100,
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> MissingMap:
    """Show where values are missing, over series and time."""
    from services.registry import missing, series

    row = await datasets.get(database, dataset_id)
    keys = series.parse_where(row, where)
    index, path = store.path(row.index_digest), store.path(row.digest)

    def look() -> MissingMap:
        found = series.index_of(index)
        return missing.missing_map(found, path, row, keys, buckets, page_size, page_token)

    return await asyncio.to_thread(look)


@router.get("/{dataset_id}/split", responses=problems(NotFound, Invalid))
async def split_dataset(
    dataset_id: UUID,
    database: TheDatabase,
    validation: Annotated[int, Query(ge=0, description="Steps to validate on.")] = 28,
    test: Annotated[int, Query(ge=0, description="Steps to test on.")] = 28,
) -> Split:
    """Show on which dates training, validation and test would begin and end."""
    from services.registry import missing

    row = await datasets.get(database, dataset_id)
    return missing.split(row, validation, test)
