"""Routes that read and delete datasets."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status

from services.registry import datasets
from services.registry.access import TheDatabase, TheStore
from shared.contracts.base import Page
from shared.contracts.datasets import (
    Dataset,
    DemandClass,
    IdColumn,
    Quality,
    SeriesSummary,
    SeriesValues,
)
from shared.kit.errors import Conflict, Invalid, NotFound, problems
from shared.kit.pages import PageSize, PageToken

router = APIRouter(prefix="/datasets", tags=["datasets"])
Where = Annotated[
    list[str], Query(description="`column:value`; several narrow the choice.", max_length=20)
]


@router.get("", responses=problems(Invalid))
async def list_datasets(
    database: TheDatabase,
    name: str | None = None,
    search: str | None = None,
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> Page[Dataset]:
    """List datasets, newest first; `name` gives the versions of one."""
    found = await datasets.page(database, name, search, page_size, page_token)
    items = [datasets.read(row) for row in found.rows]
    return Page(items=items, next_page_token=found.next_page_token, total=found.total)


@router.get("/{dataset_id}", responses=problems(NotFound))
async def get_dataset(dataset_id: UUID, database: TheDatabase) -> Dataset:
    """Read one dataset."""
    return datasets.read(await datasets.get(database, dataset_id))


@router.delete(
    "/{dataset_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(NotFound, Conflict),
)
async def delete_dataset(
    dataset_id: UUID, database: TheDatabase, store: TheStore, force: bool = False
) -> None:
    """Delete a dataset; while models need it only with `force`."""
    await datasets.delete(database, store, dataset_id, force)


@router.get("/{dataset_id}/quality", responses=problems(NotFound))
async def get_quality(dataset_id: UUID, database: TheDatabase) -> Quality:
    """Read what the checks found."""
    return datasets.read(await datasets.get(database, dataset_id)).quality


@router.get("/{dataset_id}/ids", responses=problems(NotFound))
async def get_ids(dataset_id: UUID, database: TheDatabase, store: TheStore) -> list[IdColumn]:
    """List the id columns and their values."""
    from services.registry import series

    row = await datasets.get(database, dataset_id)
    path = store.path(row.index_digest)
    return await asyncio.to_thread(lambda: series.id_columns(series.index_of(path), row))


@router.get("/{dataset_id}/series", responses=problems(NotFound, Invalid))
async def list_series(
    dataset_id: UUID,
    database: TheDatabase,
    store: TheStore,
    search: Annotated[str | None, Query(max_length=200)] = None,
    where: Where = [],  # noqa: B006  FastAPI copies it
    demand: DemandClass | None = None,
    sort: Annotated[str | None, Query(description="A figure; with - the largest first.")] = None,
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> Page[SeriesSummary]:
    """Find series by their names and look at their figures."""
    from services.registry import series

    row = await datasets.get(database, dataset_id)
    keys = series.parse_where(row, where)
    path = store.path(row.index_digest)

    def find() -> Page[SeriesSummary]:
        index = series.index_of(path)
        return series.search(index, row, keys, search, demand, sort, page_size, page_token)

    return await asyncio.to_thread(find)


@router.get("/{dataset_id}/values", responses=problems(NotFound, Invalid))
async def get_values(
    dataset_id: UUID,
    database: TheDatabase,
    store: TheStore,
    where: Where = [],  # noqa: B006  FastAPI copies it
    total: Annotated[bool, Query(description="Sum all series that match.")] = False,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: Annotated[int, Query(ge=10, le=100_000, description="At most so many points.")] = 2000,
) -> SeriesValues:
    """Read the values of one series, or of the sum of several, thinned for a chart."""
    from services.registry import series

    row = await datasets.get(database, dataset_id)
    keys = series.parse_where(row, where)
    index_path, path = store.path(row.index_digest), store.path(row.digest)

    def read() -> SeriesValues:
        index = series.index_of(index_path)
        return series.values(index, path, row, keys, total, start, end, limit)

    return await asyncio.to_thread(read)
