"""A service's schema at its start: looked at first, because it is nearly always up to date.

Alembic is large and slow to load; a service that has nothing to migrate does without it.
"""

from pathlib import Path

from sqlalchemy import column, select, table
from sqlalchemy.exc import SQLAlchemyError

from shared.kit.database import Database

_SERVICES = Path(__file__).parents[2] / "services"


async def bring_up_to_date(database: Database) -> None:
    """Migrate the schema to this version's head, unless it is there already.

    Raises:
        SystemExit: the database was written by a newer version, or does not answer.
    """
    if await _found(database) == head(database.schema):
        return
    from shared.kit import migrations

    await migrations.upgrade(database)


def head(service: str) -> str:
    """Return the newest revision of a service: files are named `<revision>_<what>.py`, in order."""
    files = (_SERVICES / service / "migrations" / "versions").glob("[0-9]*_*.py")
    return max(file.name.partition("_")[0] for file in files)


async def _found(database: Database) -> str | None:
    schema = None if database.is_sqlite else database.schema
    versions = table("alembic_version", column("version_num"), schema=schema)
    try:
        async with database.read() as session:
            rows = await (await session.connection()).execute(select(versions))
            return str(rows.scalar_one_or_none())
    except (OSError, SQLAlchemyError):
        return None  # no such table yet, or no such database: migrating says what is wrong
