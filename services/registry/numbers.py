"""Version numbers: given out once for each name, never again."""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.tables import NumberRow


async def in_line(session: AsyncSession, key: str) -> None:
    """Wait for others with the same key, until the transaction ends; SQLite has one writer."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(hashtext(:key))")
        await connection.execute(lock, {"key": key})


async def following(session: AsyncSession, kind: str, name: str) -> int:
    """Return the next number under a name; others who ask wait for this transaction."""
    await in_line(session, f"{kind}/{name}")
    row = await session.get(NumberRow, (kind, name))
    if row is None:
        row = NumberRow(kind=kind, name=name, last=0)
        session.add(row)
    row.last += 1
    await session.flush()
    return row.last
