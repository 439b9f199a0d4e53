"""Publishing: a task's files become one immutable version, however often it tries."""

import re
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry import blobs, models, numbers
from services.registry.tables import BlobRow, FileRow, ModelRow, VersionRow
from shared.contracts.models import ArtifactFile, ModelVersion, NewVersion
from shared.contracts.problems import FieldError
from shared.kit.database import Database, now
from shared.kit.errors import Invalid
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
        [version] = await models.read(session, [row])
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
