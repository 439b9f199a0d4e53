"""Version numbers: given out once for each name, never again."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.tables import NumberRow
from shared.kit.database import in_line


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
