"""The registry's migrations: they make what the tables say, on both databases."""

import asyncio
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from asgi_lifespan import LifespanManager
from httpx import ASGITransport, AsyncClient
from sqlalchemy import BLANK_SCHEMA, Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import select

from services.registry.main import build
from services.registry.settings import RegistrySettings
from services.registry.tables import METADATA, SourceRow
from shared.kit import migrations
from shared.kit.database import NAMING, Database
from tests.services.registry.filing import make_dataset

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgres"], indirect=True)


def without_schema() -> MetaData:
    """Return the tables as they are in SQLite, which has no schemas."""
    plain = MetaData(naming_convention=NAMING)
    for table in METADATA.tables.values():
        table.to_metadata(
            plain,
            schema=None,  # type: ignore[arg-type]
            referred_schema_fn=lambda *_: BLANK_SCHEMA,  # type: ignore[arg-type]
        )
    return plain


async def test_the_migrations_make_what_the_tables_say(settings: RegistrySettings) -> None:
    database = Database(settings.database("registry"), "registry")
    await migrations.upgrade(database)
    await database.close()

    def differences(connection: Connection) -> list[object]:
        is_sqlite = database.is_sqlite
        options = {
            "include_schemas": not is_sqlite,
            "include_name": lambda name, kind, parents: (
                kind != "schema" or name in ("registry", None)
            ),
            "include_object": lambda item, name, kind, reflected, other: name != "alembic_version",
        }
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, without_schema() if is_sqlite else METADATA))

    engine = create_async_engine(settings.database("registry"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_the_migrations_can_be_undone_and_done_again(settings: RegistrySettings) -> None:
    database = Database(settings.database("registry"), "registry")
    await migrations.upgrade(database)
    await database.close()
    config = migrations.configuration("registry", settings.database("registry"))

    await asyncio.to_thread(command.downgrade, config, "base")
    await migrations.upgrade(database)

    async with database.read() as session:
        assert session is not None
    await database.close()


async def test_older_datasets_know_the_files_they_were_made_of(settings: RegistrySettings) -> None:
    app = build(settings)
    async with (
        LifespanManager(app, startup_timeout=60),
        AsyncClient(
            transport=ASGITransport(app), base_url="http://registry", timeout=60
        ) as registry,
    ):
        first = await make_dataset(registry)
        file = {"file": ("new.csv", b"date,store,product,sales\n2024-01-21,S0,P0,1\n")}
        second = (await registry.post(f"/datasets/{first['id']}/extend", files=file)).json()
        path = f"/datasets/{second['id']}/remake"
        await registry.post(path, json={"mapping": second["mapping"]})
        before = await sources(app.state.database)
    config = migrations.configuration("registry", settings.database("registry"))

    await asyncio.to_thread(command.downgrade, config, "0002")
    database = Database(settings.database("registry"), "registry")
    await migrations.upgrade(database)

    assert len(before) == 5
    assert await sources(database) == before
    await database.close()


async def sources(database: Database) -> set[tuple[UUID, int, str, str, bool]]:
    async with database.read() as session:
        rows = await session.exec(select(SourceRow))
        return {(row.dataset_id, row.place, row.digest, row.name, row.is_panel) for row in rows}
