"""Blobs and who needs them: nothing that is referred to or promised is ever removed."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import exists, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.registry.tables import BlobRow, DatasetRow, FileRow, SourceRow
from shared.kit.database import Database, in_line, now
from shared.kit.errors import NotFound
from shared.kit.storage import Blob, BlobStore

PROMISE = timedelta(hours=24)
log = structlog.get_logger()


async def lock(session: AsyncSession) -> None:
    """Wait for all others who add or remove blobs, until the transaction ends."""
    await in_line(session, "registry.blobs")


async def promise(database: Database, store: BlobStore, file: Path, blob: Blob) -> None:
    """Keep an uploaded blob until a version that uses it is published, at most a day."""
    async with database.write() as session:
        await lock(session)
        await asyncio.to_thread(store.publish, file, blob.digest)
        row = await session.get(BlobRow, blob.digest)
        if row is None:
            row = BlobRow(digest=blob.digest, size_bytes=blob.size)
            session.add(row)
        row.promises += 1
        row.promised_until = now() + PROMISE


async def keep(session: AsyncSession, store: BlobStore, file: Path, blob: Blob) -> None:
    """Put a finished file in its place, in the transaction that refers to it."""
    await lock(session)
    await asyncio.to_thread(store.publish, file, blob.digest)
    if await session.get(BlobRow, blob.digest) is None:
        session.add(BlobRow(digest=blob.digest, size_bytes=blob.size))
        await session.flush()


async def redeem(session: AsyncSession, digests: Iterable[str]) -> None:
    """Take back promises: the blobs are referred to now."""
    for digest in set(digests):
        await session.exec(
            update(BlobRow)
            .where(col(BlobRow.digest) == digest, col(BlobRow.promises) > 0)
            .values(promises=col(BlobRow.promises) - 1)
        )


async def free(database: Database, store: BlobStore) -> int:
    """Remove every blob that nothing needs; return how many bytes became free."""
    async with database.write() as session:
        await lock(session)
        orphans = (await session.exec(_orphans())).all()
        for row in orphans:
            store.delete(row.digest)
            await session.delete(row)
    freed = sum(row.size_bytes for row in orphans)
    if orphans:
        log.info("blobs freed", count=len(orphans), bytes=freed)
    return freed


async def sweep(database: Database, store: BlobStore, before: float) -> int:
    """Remove files without a row, which a killed process left; return how many there were.

    Files get their places and their rows under one lock, so that under it such a file is nobody's.
    Only those from before a moment are looked at: an older release may run beside this one.
    """
    async with database.read() as session:
        entered = set(await session.exec(select(col(BlobRow.digest))))
    files = await asyncio.to_thread(lambda: list(store.files()))
    if lost := entered - {file.digest for file in files}:
        log.error("blobs are missing from the disk", count=len(lost), first=min(lost))
    swept = 0
    async with database.write() as session:
        await lock(session)
        for digest in {file.digest for file in files if file.ctime < before} - entered:
            if await session.get(BlobRow, digest) is None:
                store.delete(digest)
                swept += 1
    if swept:
        log.info("files that were never entered removed", count=swept)
    return swept


def _orphans() -> SelectOfScalar[BlobRow]:
    needed = [
        exists().where(column == col(BlobRow.digest))
        for column in (
            col(DatasetRow.digest),
            col(DatasetRow.index_digest),
            col(DatasetRow.source_digest),
            col(SourceRow.digest),
            col(FileRow.digest),
        )
    ]
    promised = (col(BlobRow.promises) > 0) & (col(BlobRow.promised_until) > now())
    return select(BlobRow).where(
        ~promised | col(BlobRow.promised_until).is_(None), *(~n for n in needed)
    )


async def stored_bytes(database: Database) -> int:
    """Return how many bytes all blobs have together."""
    async with database.read() as session:
        total = await session.exec(select(func.coalesce(func.sum(col(BlobRow.size_bytes)), 0)))
        return int(total.one())


async def find(database: Database, store: BlobStore, digest: str) -> Path:
    """Return where a blob lies.

    Raises:
        NotFound: there is none, or it is on its way out.
    """
    async with database.read() as session:
        if await session.get(BlobRow, digest) is None:
            raise NotFound(f"There is no blob {digest[:64]}.")
    return store.path(digest)
