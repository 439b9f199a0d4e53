"""Trying again while something that will come back is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")
FIRST_S = 0.2
LONGEST_S = 5.0


async def insist(
    call: Callable[[], Awaitable[Answer]],
    on: tuple[type[Exception], ...],
    patience_s: float,
    away: Callable[[Exception], None] | None = None,
) -> Answer:
    """Call until it does not fail with one of `on`, waiting longer each time.

    Args:
        call: what to do; doing it twice must be harmless.
        on: the errors that pass.
        patience_s: after this the error is raised.
        away: told of the first error.

    Raises:
        Exception: any other error at once, one of `on` when patience has run out.
    """
    until, pause, first = time.monotonic() + patience_s, FIRST_S, True
    while True:
        try:
            return await call()
        except on as error:
            if time.monotonic() + pause > until:
                raise
            if first and away is not None:
                away(error)
        first = False
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_S)
