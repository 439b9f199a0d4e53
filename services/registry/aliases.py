"""Aliases: `latest` goes by itself, `best` to the lowest wql unless a person pins it."""

import re
from collections import defaultdict
from collections.abc import Set

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.tables import AliasRow, VersionRow
from shared.kit.database import Database
from shared.kit.errors import Conflict, Invalid, NotFound

LATEST, BEST = "latest", "best"
_ALIAS = re.compile(r"[a-z][a-z0-9_-]{0,39}")


async def of(session: AsyncSession, models: Set[str]) -> dict[str, dict[str, int]]:
    """Return, for each model, its aliases and the versions they point to."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    best: dict[str, float] = {}
    columns = select(col(VersionRow.model), col(VersionRow.version), col(VersionRow.wql))
    query = columns.where(col(VersionRow.model).in_(models)).order_by(col(VersionRow.version))
    for model, version, wql in await session.exec(query):
        targets = found[model]
        targets[LATEST] = version
        targets.setdefault(BEST, version)
        if wql is not None and wql < best.get(model, float("inf")):
            best[model] = wql
            targets[BEST] = version
    pinned = select(AliasRow).where(col(AliasRow.model).in_(models))
    for row in await session.exec(pinned):
        found[row.model][row.alias] = row.version
    return found


async def point(database: Database, model: str, alias: str, version: int | None) -> None:
    """Point an alias to a version, or let go of it.

    Raises:
        Invalid: it is no name for an alias.
        Conflict: it is `latest`, which goes by itself.
        NotFound: there is no such model or version.
    """
    if alias == LATEST:
        raise Conflict("`latest` always is the newest version: pin `best`, or use your own alias.")
    if not _ALIAS.fullmatch(alias):
        raise Invalid("An alias is a small letter, then letters, digits, - or _.", field="/alias")
    async with database.write() as session:
        numbers = select(col(VersionRow.version)).where(col(VersionRow.model) == model)
        present = set(await session.exec(numbers))
        if not present:
            raise NotFound(f"There is no model {model[:200]!r}.", field="/model")
        if version is not None and version not in present:
            raise NotFound(f"The model {model!r} has no version {version}.", field="/version")
        await session.exec(
            delete(AliasRow).where(col(AliasRow.model) == model, col(AliasRow.alias) == alias)
        )
        if version is not None:
            session.add(AliasRow(model=model, alias=alias, version=version))
