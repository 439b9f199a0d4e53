"""Aliases: `latest` goes by itself, `best` to the best version unless a person pins it."""

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.tables import AliasRow, VersionRow
from shared.contracts.forecasts import ALIAS
from shared.kit.database import Database
from shared.kit.errors import Conflict, Invalid, NotFound

LATEST, BEST = "latest", "best"
_NUMBER = re.compile(r"v\d+")  # v2 is version 2, as 2 is


@dataclass(frozen=True)
class _Scored:
    """A version and what its errors were measured on."""

    version: int
    horizon: int
    dataset_digest: str
    wql: float | None
    skill: float | None


async def of(session: AsyncSession, models: Set[str]) -> dict[str, dict[str, int]]:
    """Return, for each model, its aliases and the versions they point to."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    columns: list[Any] = [
        col(VersionRow.model),
        col(VersionRow.version),
        col(VersionRow.horizon),
        col(VersionRow.lineage)["dataset_digest"].as_string(),
        col(VersionRow.wql),
        col(VersionRow.metrics)["skill"].as_float(),
    ]
    query = (
        sql_select(*columns)
        .where(col(VersionRow.model).in_(models))
        .order_by(col(VersionRow.version))
    )
    versions: dict[str, list[_Scored]] = defaultdict(list)
    for model, *facts in await (await session.connection()).execute(query):
        versions[model].append(_Scored(*facts))
    for model, scored in versions.items():
        found[model] = {LATEST: scored[-1].version, BEST: _best(scored)}
    pinned = select(AliasRow).where(col(AliasRow.model).in_(models))
    for row in await session.exec(pinned):
        found[row.model][row.alias] = row.version
    return found


def _best(versions: Sequence[_Scored]) -> int:
    """Return the best of the versions that look as far ahead as the newest one.

    Errors on the same data are compared as they are (wql); where the data differ, by how much
    better than seasonal naive each is on its own (skill), or among those on the newest data.
    """
    newest = versions[-1]
    scored = [v for v in versions if v.horizon == newest.horizon and v.wql is not None]
    same = [v for v in scored if v.dataset_digest == newest.dataset_digest]
    if len(same) < len(scored) and all(v.skill is not None for v in scored):
        return max(scored, key=lambda v: v.skill or 0.0).version
    return min(same or [newest], key=lambda v: v.wql or 0.0).version


async def point(database: Database, model: str, alias: str, version: int | None) -> None:
    """Point an alias to a version, or let go of it.

    Raises:
        Invalid: it is no name for an alias.
        Conflict: it is `latest`, which goes by itself.
        NotFound: there is no such model or version.
    """
    if alias == LATEST:
        raise Conflict("`latest` always is the newest version: pin `best`, or use your own alias.")
    if not re.fullmatch(ALIAS, alias) or _NUMBER.fullmatch(alias):
        raise Invalid(
            "An alias is a small letter, then letters, digits, - or _, but no number such as v2.",
            field="/alias",
        )
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
