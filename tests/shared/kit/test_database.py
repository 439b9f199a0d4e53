import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import MetaData
from sqlmodel import Field, select

from shared.kit.database import Database, Table, UtcDateTime, metadata, now
from shared.kit.errors import Invalid
from shared.kit.pages import newest_first


class Note(Table, table=True):
    __tablename__ = "notes"
    metadata: ClassVar[MetaData] = metadata("notebook")

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'notes.sqlite'}", "notebook")
    async with database._writer.begin() as connection:
        await connection.run_sync(Note.metadata.create_all)
    yield database
    await database.close()


async def test_a_moment_comes_back_in_utc(database: Database) -> None:
    shanghai = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    async with database.write() as session:
        session.add(note := Note(created_at=shanghai))

    async with database.read() as session:
        found = await session.get_one(Note, note.id)

    assert found.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.created_at.tzinfo is UTC


async def test_an_exception_rolls_the_transaction_back(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            session.add(Note())
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    async with database.read() as session:
        assert (await session.exec(select(Note))).all() == []


async def test_many_writers_wait_for_each_other_instead_of_failing(database: Database) -> None:
    async def add() -> None:
        async with database.write() as session:
            await session.exec(select(Note))
            session.add(Note())

    await asyncio.gather(*(add() for _ in range(50)))

    async with database.read() as session:
        assert len((await session.exec(select(Note))).all()) == 50


async def test_pages_show_each_row_once_newest_first(database: Database) -> None:
    moment = now()
    async with database.write() as session:
        session.add_all(Note(created_at=moment - timedelta(seconds=i // 3)) for i in range(10))

    seen: list[Note] = []
    token = None
    async with database.read() as session:
        while True:
            page = await newest_first(
                session, select(Note), Note.created_at, Note.id, size=4, token=token
            )
            seen += page.rows
            token = page.next_page_token
            if token is None:
                break

    assert page.total == len(seen) == len({note.id for note in seen}) == 10
    assert [n.created_at for n in seen] == sorted((n.created_at for n in seen), reverse=True)


@pytest.mark.parametrize("token", ["nonsense", "W10=", "WyJhIiwiYiJd", "é"])
async def test_a_made_up_page_token_is_refused(database: Database, token: str) -> None:
    async with database.read() as session:
        with pytest.raises(Invalid, match="page token"):
            await newest_first(session, select(Note), Note.created_at, Note.id, size=4, token=token)
