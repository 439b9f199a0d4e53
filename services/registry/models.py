"""Models: published once per task, immutable, found by number or alias."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete as sql_delete
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry import aliases, blobs, numbers
from services.registry.tables import AliasRow, BlobRow, DatasetRow, FileRow, ModelRow, VersionRow
from shared.contracts.base import Page
from shared.contracts.models import ArtifactFile, Lineage, Model, ModelVersion, NewVersion
from shared.contracts.problems import FieldError
from shared.kit import pages
from shared.kit.database import Database, now
from shared.kit.errors import Invalid, NotFound
from shared.kit.storage import BlobStore

ALLOWED = (".safetensors", ".json", ".txt")
_NAME = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][\w .+-]{0,199}")


async def publish(
    database: Database, store: BlobStore, name: str, new: NewVersion
) -> tuple[ModelVersion, bool]:
    """Enter a version and say whether it is new; a task that comes again gets the one it has.

    Raises:
        Invalid: the name or a file is not allowed, or a file's blob is not there.
    """
    _check(name, new)
    async with database.write() as session:
        await blobs.lock(session)  # also puts concurrent publishers in line
        row = await _by_task(session, new.lineage.task_id)
        if row is None:
            await _check_blobs(session, store, new.files)
            row = await _enter(session, name, new)
            created = True
        else:
            created = False
            await blobs.redeem(session, [file.digest for file in new.files])
        [version] = await _read(session, [row])
    return version, created


async def _by_task(session: AsyncSession, task_id: UUID) -> VersionRow | None:
    found = await session.exec(select(VersionRow).where(col(VersionRow.task_id) == task_id))
    row: VersionRow | None = found.one_or_none()
    return row


def _check(name: str, new: NewVersion) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            "A model's name has letters, digits, spaces and . _ + - only, at most 200.",
            field="/name",
        )
    errors = [
        FieldError(
            pointer=f"/files/{i}/name",
            detail=f"{file.name!r} is no {', '.join(ALLOWED)}: other formats can run code.",
        )
        for i, file in enumerate(new.files)
        if not file.name.endswith(ALLOWED)
    ]
    names = [file.name for file in new.files]
    if len(set(names)) < len(names):
        errors.append(FieldError(pointer="/files", detail="Two files have the same name."))
    if not names:
        errors.append(FieldError(pointer="/files", detail="A version has at least one file."))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)


async def _check_blobs(
    session: AsyncSession, store: BlobStore, files: Sequence[ArtifactFile]
) -> None:
    errors = []
    for i, file in enumerate(files):
        blob = await session.get(BlobRow, file.digest)
        if blob is None or not store.has(file.digest):
            detail = f"The blob of {file.name} was not uploaded, or lapsed: upload it again."
            errors.append(FieldError(pointer=f"/files/{i}/digest", detail=detail))
        elif blob.size_bytes != file.size_bytes:
            detail = f"{file.name} has {blob.size_bytes} bytes, not {file.size_bytes}."
            errors.append(FieldError(pointer=f"/files/{i}/size_bytes", detail=detail))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)


async def _enter(session: AsyncSession, name: str, new: NewVersion) -> VersionRow:
    number = await numbers.following(session, "model", name)
    found = await session.exec(select(ModelRow).where(col(ModelRow.name) == name))
    model = found.one_or_none()
    if model is None:
        session.add(ModelRow(name=name))
        await session.flush()
    else:
        model.updated_at = now()
    content = new.model_dump(mode="json", exclude={"files"})
    row = VersionRow(
        model=name,
        version=number,
        task_id=new.lineage.task_id,
        dataset_id=new.lineage.dataset_id,
        wql=new.metrics.get("wql"),
        **content,
    )
    session.add(row)
    await session.flush()
    for file in new.files:
        session.add(FileRow(version_id=row.id, **file.model_dump()))
    await blobs.redeem(session, [file.digest for file in new.files])
    await session.flush()
    return row


async def _read(session: AsyncSession, rows: Sequence[VersionRow]) -> list[ModelVersion]:
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
        [found] = await _read(session, [row])
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
        items = await _read(session, found.rows)
    return Page(items=items, next_page_token=found.next_page_token, total=found.total)


async def get(database: Database, name: str) -> Model:
    """Return a model.

    Raises:
        NotFound: there is none.
    """
    async with database.read() as session:
        found = await session.exec(select(ModelRow).where(col(ModelRow.name) == name))
        row = found.one_or_none()
        if row is None:
            raise _no_model(name)
        [model] = await _models(session, [row])
    return model


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
    names = [row.name for row in rows]
    grouped = (
        select(col(VersionRow.model), func.max(col(VersionRow.version)), func.count())
        .where(col(VersionRow.model).in_(names))
        .group_by(col(VersionRow.model))
    )
    newest = {model: (last, count) for model, last, count in await session.exec(grouped)}
    found = select(VersionRow).where(col(VersionRow.model).in_(names))
    latest = [row for row in (await session.exec(found)) if newest[row.model][0] == row.version]
    targets = await aliases.of(session, set(names))
    by_name = {version.model: version for version in await _read(session, latest)}
    return [_model(row, by_name[row.name], newest[row.name][1], targets[row.name]) for row in rows]


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
