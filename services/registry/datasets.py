"""Datasets: immutable versions under a name, listed, found, deleted."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete as sql_delete
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry import blobs, numbers
from services.registry.parts import Part
from services.registry.tables import BlobRow, DatasetRow, SourceRow, VersionRow
from shared.contracts.datasets import Dataset, Mapping
from shared.kit import pages
from shared.kit.database import Database
from shared.kit.errors import Conflict, NotFound
from shared.kit.storage import Blob, BlobStore

if TYPE_CHECKING:  # numpy and pyarrow are loaded when the first file comes
    from services.registry.cleaning.clean import Facts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NewDataset:
    """What is known of a dataset before it has a version."""

    def __init__(self, name: str, mapping: Mapping, facts: "Facts", source: str, kind: str) -> None:
        self.name = name
        self.mapping = mapping
        self.facts = facts
        self.source = source
        self.kind = kind
        self.source_name: str | None = None
        self.source_digest: str | None = None
        self.parent_id: UUID | None = None
        self.parts: list[Part] = []  # what it can be made from again, oldest first


async def create(
    database: Database, store: BlobStore, new: NewDataset, files: Sequence[tuple[Path, Blob]]
) -> Dataset:
    """Enter a dataset and put its files in their places, all or nothing.

    Args:
        database: where it is entered.
        store: where the files go.
        new: the dataset.
        files: the panel, its index and, if it is kept, the source.

    Raises:
        Conflict: an older file that it is made from was deleted meanwhile.
    """
    async with database.write() as session:
        version = await numbers.following(session, "dataset", new.name)
        await _check_kept(session, new.parts, {blob.digest for _, blob in files})
        for file, blob in files:
            await blobs.keep(session, store, file, blob)
        row = _row(new, version, [blob for _, blob in files])
        session.add(row)
        await session.flush()
        session.add_all(_source(part, row.id, place) for place, part in enumerate(new.parts))
    return read(row)


async def _check_kept(session: AsyncSession, parts: Sequence[Part], coming: set[str]) -> None:
    await blobs.lock(session)
    for digest in {part.digest for part in parts} - coming:
        if await session.get(BlobRow, digest) is None:
            raise Conflict(
                "The version that this one is made from was deleted meanwhile.", field="/dataset_id"
            )


def _source(part: Part, dataset_id: UUID, place: int) -> SourceRow:
    return SourceRow(
        dataset_id=dataset_id,
        place=place,
        digest=part.digest,
        name=part.name,
        mapping=part.mapping.model_dump(mode="json"),
        is_panel=part.is_panel,
    )


async def sources(database: Database, row: DatasetRow) -> list[SourceRow]:
    """Return the files that a version is made of, oldest first; none if they were not kept."""
    query = select(SourceRow).where(col(SourceRow.dataset_id) == row.id)
    async with database.read() as session:
        return list(await session.exec(query.order_by(col(SourceRow.place))))


def _row(new: NewDataset, version: int, stored: Sequence[Blob]) -> DatasetRow:
    facts = asdict(new.facts) | {
        "start": _moment(new.facts.start),
        "end": _moment(new.facts.end),
        "future_end": _moment(new.facts.future_end),
        "quality": new.facts.quality.model_dump(mode="json"),
    }
    return DatasetRow(
        name=new.name,
        version=version,
        digest=stored[0].digest,
        index_digest=stored[1].digest,
        source_digest=new.source_digest,
        source_name=new.source_name,
        parent_id=new.parent_id,
        kind=new.kind,
        source=new.source,
        target=new.mapping.target,
        gaps=new.mapping.fixes.get("missing_dates", new.mapping.gaps),
        size_bytes=stored[0].size,
        mapping=new.mapping.model_dump(mode="json"),
        **facts,
    )


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def read(row: DatasetRow) -> Dataset:
    """Return what a client sees of a dataset."""
    return Dataset.model_validate(row)


async def get(database: Database, dataset_id: UUID) -> DatasetRow:
    """Return a dataset's row.

    Raises:
        NotFound: there is none.
    """
    async with database.read() as session:
        row = await session.get(DatasetRow, dataset_id)
    if row is None:
        raise NotFound(
            f"There is no dataset {dataset_id}: it was deleted, or never was.", field="/dataset_id"
        )
    return row


async def previous(database: Database, row: DatasetRow) -> DatasetRow:
    """Return the version before.

    Raises:
        NotFound: there is none.
    """
    query = select(DatasetRow).where(
        col(DatasetRow.name) == row.name, col(DatasetRow.version) < row.version
    )
    async with database.read() as session:
        ordered = query.order_by(col(DatasetRow.version).desc()).limit(1)
        found = (await session.exec(ordered)).one_or_none()
    if found is None:
        raise NotFound(f"{row.name!r} has no version before {row.version}.", field="/previous")
    return found


async def latest(database: Database, name: str) -> Dataset:
    """Return the newest version under a name.

    Raises:
        NotFound: there is none.
    """
    query = select(DatasetRow).where(col(DatasetRow.name) == name)
    async with database.read() as session:
        ordered = query.order_by(col(DatasetRow.version).desc()).limit(1)
        row = (await session.exec(ordered)).one_or_none()
    if row is None:
        raise NotFound(f"There is no dataset called {name!r}.", field="/name")
    return read(row)


async def page(
    database: Database, name: str | None, search: str | None, size: int, token: str | None
) -> pages.Slice:
    """Return datasets, newest first: all, of one name, or with a name that holds some text."""
    query = select(DatasetRow)
    if name is not None:
        query = query.where(col(DatasetRow.name) == name)
    if search:
        query = query.where(col(DatasetRow.name).icontains(search, autoescape=True))
    async with database.read() as session:
        return await pages.newest_first(
            session, query, col(DatasetRow.created_at), col(DatasetRow.id), size, token
        )


async def delete(database: Database, store: BlobStore, dataset_id: UUID, force: bool) -> None:
    """Delete a dataset and free its blobs.

    Raises:
        NotFound: there is none.
        Conflict: models were trained on it, and `force` is not set.
    """
    async with database.write() as session:
        row = await session.get(DatasetRow, dataset_id)
        if row is None:
            raise NotFound(f"There is no dataset {dataset_id}: it was deleted, or never was.")
        used = (
            select(col(VersionRow.model)).where(col(VersionRow.dataset_id) == dataset_id).distinct()
        )
        models: Sequence[Any] = (await session.exec(used.limit(20))).all()
        if models and not force:
            raise Conflict(
                f"{len(models)} models were trained on it ({', '.join(models[:5])}): delete them "
                "first, or delete with force=true; their lineage will say that it is gone.",
                field="/dataset_id",
            )
        await session.exec(sql_delete(SourceRow).where(col(SourceRow.dataset_id) == dataset_id))
        await session.delete(row)
    await blobs.free(database, store)


async def counts(database: Database) -> dict[str, int]:
    """Return how many datasets there are, and how many series in the newest of each name."""
    newest = (
        select(col(DatasetRow.name), func.max(col(DatasetRow.version)).label("version"))
        .group_by(col(DatasetRow.name))
        .subquery()
    )
    series = (
        select(func.coalesce(func.sum(col(DatasetRow.series_count)), 0))
        .select_from(DatasetRow)
        .join(
            newest,
            (newest.c.name == col(DatasetRow.name)) & (newest.c.version == col(DatasetRow.version)),
        )
    )
    async with database.read() as session:
        number = (await session.exec(select(func.count()).select_from(DatasetRow))).one()
        return {"datasets": number, "series": (await session.exec(series)).one()}
