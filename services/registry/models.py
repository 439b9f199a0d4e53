"""Models: immutable versions under a name, found by number or alias, listed, deleted."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete as sql_delete
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry import aliases, blobs
from services.registry.tables import AliasRow, DatasetRow, FileRow, ModelRow, VersionRow
from shared.contracts.base import Page
from shared.contracts.models import ArtifactFile, Lineage, Model, ModelVersion
from shared.kit import pages
from shared.kit.database import Database
from shared.kit.errors import NotFound
from shared.kit.storage import BlobStore


async def read(session: AsyncSession, rows: Sequence[VersionRow]) -> list[ModelVersion]:
    """Return what a client sees of versions: with their files, aliases and lineage."""
    ids = [row.id for row in rows]
    files: dict[UUID, list[ArtifactFile]] = defaultdict(list)
    query = select(FileRow).where(col(FileRow.version_id).in_(ids)).order_by(col(FileRow.name))
    for file in await session.exec(query):
        files[file.version_id].append(ArtifactFile.model_validate(file))
    targets = await aliases.of(session, {row.model for row in rows})
    datasets = select(col(DatasetRow.id)).where(
        col(DatasetRow.id).in_({row.dataset_id for row in rows})
    )
    present = set(await session.exec(datasets))
    return [
        _version(row, files[row.id], targets[row.model], row.dataset_id not in present)
        for row in rows
    ]


def _version(
    row: VersionRow, files: list[ArtifactFile], targets: dict[str, int], dataset_deleted: bool
) -> ModelVersion:
    lineage = Lineage.model_validate(row.lineage | {"dataset_deleted": dataset_deleted})
    return ModelVersion(
        **row.model_dump(exclude={"id", "lineage", "task_id", "dataset_id", "wql"}),
        lineage=lineage,
        files=files,
        size_bytes=sum(file.size_bytes for file in files),
        aliases=sorted(alias for alias, version in targets.items() if version == row.version),
    )


async def version(database: Database, name: str, wanted: str) -> ModelVersion:
    """Return a version by its number or an alias.

    Raises:
        NotFound: there is no such model or version.
    """
    async with database.read() as session:
        row = await find(session, name, wanted)
        [found] = await read(session, [row])
    return found


async def find(session: AsyncSession, name: str, wanted: str) -> VersionRow:
    """Return the row of a version by its number or an alias.

    Raises:
        NotFound: there is no such model or version.
    """
    targets = (await aliases.of(session, {name}))[name]
    if not targets:
        raise _no_model(name)
    bare = wanted.removeprefix("v")
    number = int(bare) if bare.isdecimal() and len(bare) < 10 else targets.get(wanted)
    query = select(VersionRow).where(
        col(VersionRow.model) == name, col(VersionRow.version) == number
    )
    row: VersionRow | None = (await session.exec(query)).one_or_none()
    if row is None:
        known = ", ".join(sorted(targets))
        raise NotFound(
            f"The model {name!r} has no version {wanted[:40]!r}. Use a number, or: {known}.",
            field="/version",
        )
    return row


def _no_model(name: str) -> NotFound:
    return NotFound(
        f"There is no model {name[:200]!r}: it was deleted, or never was.", field="/model"
    )


async def versions(
    database: Database, name: str, size: int, token: str | None
) -> Page[ModelVersion]:
    """Return the versions of a model, newest first.

    Raises:
        NotFound: there is no such model.
    """
    query = select(VersionRow).where(col(VersionRow.model) == name)
    async with database.read() as session:
        found = await pages.newest_first(
            session, query, col(VersionRow.created_at), col(VersionRow.id), size, token
        )
        if not found.total:
            raise _no_model(name)
        items = await read(session, found.rows)
    return Page(items=items, next_page_token=found.next_page_token, total=found.total)


async def get(database: Database, name: str) -> Model:
    """Return a model.

    Raises:
        NotFound: there is none.
    """
    async with database.read() as session:
        found = await session.exec(select(ModelRow).where(col(ModelRow.name) == name))
        row = found.one_or_none()
        found_models = await _models(session, [row]) if row is not None else []
    if not found_models:
        raise _no_model(name)
    return found_models[0]


async def page(
    database: Database, filters: dict[str, Any], search: str | None, size: int, token: str | None
) -> Page[Model]:
    """Return models, the last changed first; `filters` are columns of their versions."""
    query = select(ModelRow)
    if search:
        query = query.where(col(ModelRow.name).icontains(search, autoescape=True))
    for column, value in filters.items():
        names = select(col(VersionRow.model)).where(getattr(VersionRow, column) == value)
        query = query.where(col(ModelRow.name).in_(names))
    async with database.read() as session:
        found = await pages.newest_first(
            session, query, col(ModelRow.updated_at), col(ModelRow.id), size, token
        )
        items = await _models(session, found.rows)
    return Page(items=items, next_page_token=found.next_page_token, total=found.total)


async def _models(session: AsyncSession, rows: Sequence[ModelRow]) -> list[Model]:
    """Return what a client sees of models; one that is just being deleted is left out."""
    names = [row.name for row in rows]
    newest = (
        select(
            col(VersionRow.model),
            func.max(col(VersionRow.version)).label("version"),
            func.count().label("count"),
        )
        .where(col(VersionRow.model).in_(names))
        .group_by(col(VersionRow.model))
        .subquery()
    )
    query = select(VersionRow, newest.c.count).join(
        newest,
        (newest.c.model == col(VersionRow.model)) & (newest.c.version == col(VersionRow.version)),
    )
    found = (await session.exec(query)).all()
    counts = {version.model: count for version, count in found}
    targets = await aliases.of(session, set(names))
    latest = {v.model: v for v in await read(session, [version for version, _ in found])}
    return [
        _model(row, latest[row.name], counts[row.name], targets[row.name])
        for row in rows
        if row.name in latest
    ]


def _model(row: ModelRow, latest: ModelVersion, count: int, targets: dict[str, int]) -> Model:
    return Model(
        name=row.name,
        algorithm=latest.algorithm,
        scope=latest.scope,
        dataset_name=latest.lineage.dataset_name,
        version_count=count,
        aliases=targets,
        latest=latest,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def delete(database: Database, store: BlobStore, name: str, wanted: str | None) -> None:
    """Delete one version, or the model with all of them, and free their blobs.

    Raises:
        NotFound: there is no such model or version.
    """
    async with database.write() as session:
        query = select(VersionRow).where(col(VersionRow.model) == name)
        rows = (await session.exec(query)).all()
        if not rows:
            raise _no_model(name)
        gone = rows if wanted is None else [await find(session, name, wanted)]
        ids = [row.id for row in gone]
        numbers_gone = [row.version for row in gone]
        await session.exec(sql_delete(FileRow).where(col(FileRow.version_id).in_(ids)))
        await session.exec(
            sql_delete(AliasRow).where(
                col(AliasRow.model) == name, col(AliasRow.version).in_(numbers_gone)
            )
        )
        await session.exec(sql_delete(VersionRow).where(col(VersionRow.id).in_(ids)))
        if len(gone) == len(rows):
            await session.exec(sql_delete(ModelRow).where(col(ModelRow.name) == name))
    await blobs.free(database, store)


async def counts(database: Database) -> dict[str, int]:
    """Return how many models and versions there are."""
    async with database.read() as session:
        models = (await session.exec(select(func.count()).select_from(ModelRow))).one()
        total = (await session.exec(select(func.count()).select_from(VersionRow))).one()
    return {"models": models, "versions": total}
