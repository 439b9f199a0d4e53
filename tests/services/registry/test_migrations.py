"""The registry's migrations: they make what the tables say, on both databases."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BLANK_SCHEMA, Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from services.registry.settings import RegistrySettings
from services.registry.tables import METADATA
from shared.kit import migrations
from shared.kit.database import NAMING, Database

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
