"""Lists in pages: newest first, continued after the last row seen, not by offset."""

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query
from sqlalchemy import func, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from shared.kit.errors import Invalid

Row = TypeVar("Row")
MAX_PAGE = 1000
_PLACE = re.compile(r"[0-9]{1,12}")

PageSize = Annotated[int, Query(ge=1, description=f"At most {MAX_PAGE}; more is cut to that.")]
PageToken = Annotated[str | None, Query(description="`next_page_token` of the page before.")]


@dataclass(frozen=True)
class Slice:
    """Rows of one page, and where the next one begins."""

    rows: list[Any]
    next_page_token: str | None
    total: int


async def newest_first(
    session: AsyncSession,
    query: SelectOfScalar[Any],
    created_at: InstrumentedAttribute[datetime] | Any,
    key: InstrumentedAttribute[UUID] | Any,
    size: int,
    token: str | None,
) -> Slice:
    """Return one page of `query`, ordered by `created_at`, then `key`, newest first.

    Raises:
        Invalid: the token was not made by this list.
    """
    size = min(size, MAX_PAGE)
    total = (await session.exec(select(func.count()).select_from(query.subquery()))).one()
    if token is not None:
        moment, last = decode(token)
        query = query.where(tuple_(created_at, key) < tuple_(*_parsed(moment, last)))
    ordered = query.order_by(created_at.desc(), key.desc()).limit(size + 1)
    rows = list((await session.exec(ordered)).all())
    more = len(rows) > size
    rows = rows[:size]
    after = None
    if more:
        last_row = rows[-1]
        after = encode(getattr(last_row, created_at.key).isoformat(), getattr(last_row, key.key))
    return Slice(rows, after, total)


def encode(*parts: Any) -> str:
    """Write a place in a list as an opaque token."""
    return base64.urlsafe_b64encode(json.dumps([str(p) for p in parts]).encode()).decode()


def decode(token: str, parts: int = 2) -> list[str]:
    """Read a token that `encode` made.

    Raises:
        Invalid: it was not made by `encode`.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(token.encode()))
        if len(values) == parts and all(isinstance(value, str) for value in values):
            return list(values)
    except (ValueError, TypeError, RecursionError):
        pass
    raise _bad_token()


def place(token: str | None) -> int:
    """Read how many items came before this page, where lists have no rows to go on from.

    Raises:
        Invalid: the token was not made by `encode` of such a number.
    """
    if token is None:
        return 0
    [number] = decode(token, parts=1)
    if not _PLACE.fullmatch(number):
        raise _bad_token()
    return int(number)


def _parsed(moment: str, key: str) -> tuple[datetime, UUID]:
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(key)
    except (ValueError, OverflowError) as error:
        raise _bad_token() from error


def _bad_token() -> Invalid:
    return Invalid(
        "This page token was not made by this list: leave it out to begin at the first page.",
        field="/page_token",
    )
