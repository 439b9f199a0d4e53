"""The history of forecasts: a row for each in the database, what it says in a blob beside it.

Equal results share a blob, which goes with the last forecast that refers to it.
"""

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from sqlalchemy import delete as delete_from
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.prediction.tables import ForecastRow
from shared.contracts.base import Page
from shared.contracts.forecasts import ForecastSummary
from shared.kit import pages
from shared.kit.database import Database
from shared.kit.errors import NotFound
from shared.kit.storage import BlobStore

_LEVEL = 4  # of gzip: half the time of the default for a few per cent more bytes
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


@dataclass(frozen=True)
class Packed:
    """What a forecast says, ready to be stored: the rest of its JSON object, compressed."""

    digest: str
    content: bytes


def pack(rest: bytes) -> Packed:
    """Compress what a forecast says; equal results get equal digests."""
    content = gzip.compress(rest, _LEVEL, mtime=0)
    return Packed(hashlib.sha256(content).hexdigest(), content)


def join(row: ForecastRow, rest: bytes) -> bytes:
    """Write a whole forecast as JSON: its summary and, after it, what it says."""
    summary = ForecastSummary.model_validate(row).model_dump_json().encode()
    return summary[:-1] + b"," + rest[1:]


async def keep(database: Database, blobs: BlobStore, row: ForecastRow, packed: Packed) -> None:
    """Store a forecast: first the blob, then the row; a blob without a row does not stay."""
    async with _locks.setdefault(packed.digest, asyncio.Lock()):
        await asyncio.to_thread(_put, blobs, packed)
        try:
            async with database.write() as session:
                session.add(row)
        except BaseException:
            await _forget_unused(database, blobs, packed.digest)
            raise


async def page(
    database: Database,
    size: int,
    token: str | None,
    model: str | None = None,
    dataset_id: UUID | None = None,
) -> Page[ForecastSummary]:
    """Return a page of the history, newest first."""
    query = select(ForecastRow)
    if model is not None:
        query = query.where(col(ForecastRow.model) == model)
    if dataset_id is not None:
        query = query.where(col(ForecastRow.dataset_id) == dataset_id)
    async with database.read() as session:
        found = await pages.newest_first(
            session, query, ForecastRow.created_at, ForecastRow.id, size, token
        )
    return Page(
        items=[ForecastSummary.model_validate(row) for row in found.rows],
        next_page_token=found.next_page_token,
        total=found.total,
    )


async def get(database: Database, blobs: BlobStore, forecast_id: UUID) -> bytes:
    """Return a forecast as JSON, exactly as it was answered.

    Raises:
        NotFound: there is none with this id, or its result is gone from the disk.
    """
    async with database.read() as session:
        row = await session.get(ForecastRow, forecast_id)
    if row is None:
        raise _unknown(forecast_id)
    try:
        rest = await asyncio.to_thread(_read, blobs, row.digest)
    except NotFound as error:
        raise NotFound(
            f"The result of forecast {forecast_id} is no longer on the disk: delete it and make "
            "it again."
        ) from error
    return join(row, rest)


async def delete(database: Database, blobs: BlobStore, forecast_id: UUID) -> None:
    """Delete a forecast, and its result if no other forecast has the same.

    Raises:
        NotFound: there is none with this id.
    """
    async with database.read() as session:
        row = await session.get(ForecastRow, forecast_id)
    if row is None:
        raise _unknown(forecast_id)
    async with _locks.setdefault(row.digest, asyncio.Lock()):
        async with database.write() as session:
            gone = await session.exec(
                delete_from(ForecastRow)
                .where(col(ForecastRow.id) == forecast_id)
                .returning(col(ForecastRow.id))
            )
            if gone.first() is None:
                raise _unknown(forecast_id)
        await _forget_unused(database, blobs, row.digest)


async def stats(database: Database) -> dict[str, int]:
    """Return how many forecasts there are and how many bytes their results take."""
    blobs = select(col(ForecastRow.digest), col(ForecastRow.size_bytes)).distinct().subquery()
    async with database.read() as session:
        count = await _one(session, select(func.count()).select_from(ForecastRow))
        size = await _one(session, select(func.coalesce(func.sum(blobs.c.size_bytes), 0)))
    return {"forecasts": count, "storage_bytes": size}


async def _one(session: AsyncSession, query: Any) -> int:
    return int((await session.exec(query)).one())


async def _forget_unused(database: Database, blobs: BlobStore, digest: str) -> None:
    users = select(func.count()).select_from(ForecastRow).where(col(ForecastRow.digest) == digest)
    async with database.read() as session:
        used = await _one(session, users)
    if not used:
        await asyncio.to_thread(blobs.delete, digest)


def _put(blobs: BlobStore, packed: Packed) -> None:
    if blobs.has(packed.digest):
        return
    with blobs.incoming() as part:
        part.write_bytes(packed.content)
        blobs.adopt(part)


def _read(blobs: BlobStore, digest: str) -> bytes:
    return gzip.decompress(blobs.path(digest).read_bytes())


def _unknown(forecast_id: UUID) -> NotFound:
    return NotFound(f"There is no forecast {forecast_id}: it may have been deleted.")
