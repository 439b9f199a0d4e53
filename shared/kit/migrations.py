"""Alembic for every service: one history each, the same on SQLite and PostgreSQL."""

import asyncio
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.util import CommandError
from filelock import FileLock
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from shared.kit.database import Database

VERSION_TABLE = "alembic_version"
WAIT_S = 60


def configuration(service: str, url: str) -> Config:
    """Return Alembic's configuration for a service's `migrations` folder."""
    config = Config()
    root = Path(__file__).parents[2]
    config.set_main_option("script_location", str(root / "services" / service / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(url=url, schema=service)
    return config


async def upgrade(database: Database) -> None:
    """Bring the schema to this version's head; safe when several processes start at once.

    A PostgreSQL that is still starting is waited for.

    Raises:
        SystemExit: the database was written by a newer version, or does not answer.
    """
    if not database.is_sqlite:
        await _reachable(database)
    config = configuration(database.schema, database.url)
    try:
        await asyncio.to_thread(_upgrade, config, database)
    except CommandError as error:
        raise SystemExit(
            f"The {database.schema} database cannot be opened by this version of Shelfcast: "
            f"{error}. Start the version that wrote it, or restore a backup."
        ) from error


async def _reachable(database: Database) -> None:
    for _ in range(WAIT_S):
        try:
            async with database.read() as session:
                await session.connection()
        except (OSError, OperationalError):
            await asyncio.sleep(1)
        else:
            return
    raise SystemExit(f"The {database.schema} database has not answered for {WAIT_S} s.")


def _upgrade(config: Config, database: Database) -> None:
    if database.is_sqlite:
        file = database.url.partition("///")[2]
        with FileLock(f"{file}.lock", timeout=60):
            command.upgrade(config, "head")
    else:
        command.upgrade(config, "head")  # PostgreSQL: an advisory lock, see _migrate


def run(metadata: MetaData) -> None:
    """Run the migrations of one service; its `env.py` is this one call."""
    attributes = context.config.attributes
    asyncio.run(_run(attributes["url"], attributes["schema"], metadata))


async def _run(url: str, schema: str, metadata: MetaData) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate, schema, metadata)
            await connection.commit()
    finally:
        await engine.dispose()


def _migrate(connection: Connection, schema: str, metadata: MetaData) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        connection = connection.execution_options(schema_translate_map={schema: None})
    else:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"shelfcast.{schema}"}
        )
        _make_schema(connection, schema)
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        version_table_schema=None if is_sqlite else schema,
        include_schemas=not is_sqlite,
        include_name=lambda name, kind, parents: kind != "schema" or name in (schema, None),
        render_as_batch=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def _make_schema(connection: Connection, schema: str) -> None:
    found = connection.execute(
        text("SELECT 1 FROM information_schema.schemata WHERE schema_name = :name"),
        {"name": schema},
    ).first()
    if found is None:  # a role that owns its schema need not be allowed to create one
        connection.execute(text(f'CREATE SCHEMA "{schema}"'))
