"""Runs heavy work in processes of its own: the service stays small, and outlives a bad file.

Reading a file can take gigabytes, and a library in C can crash on a hostile one. The processes
are started when there is work and end when there has been none for a while, which gives all of
their memory back.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from shared.kit.errors import Unavailable
from shared.kit.process import die_with_parent

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 2
IDLE_S = 60.0


class Workshop:
    """The processes, while there is work for them."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._busy = 0

    async def run(self, function: Callable[[], T]) -> T:
        """Run a function in a process when it is its turn.

        Raises:
            Unavailable: the process died, most likely because memory ran out.
        """
        loop = asyncio.get_running_loop()
        if self._closing is not None:
            self._closing.cancel()
        if self._pool is None:
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(AT_ONCE, spawn, initializer=_prepare)
        self._busy += 1
        try:
            return await loop.run_in_executor(self._pool, function)
        except BrokenProcessPool as error:
            self._pool = None
            raise Unavailable(
                "The process that read the data died, most likely because memory ran out. Nothing "
                "was stored: try again, with a smaller file if it happens twice."
            ) from error
        finally:
            self._busy -= 1
            if self._busy == 0:
                self._closing = loop.call_later(IDLE_S, self.close)

    def close(self) -> None:
        """End the processes; the next work starts new ones."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


_workshop = Workshop()


async def beside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function of this package that needs much time or memory in another process.

    Raises:
        Unavailable: the process died.
    """
    return await _workshop.run(partial(function, *args, **kwargs))


def _prepare() -> None:
    die_with_parent()
    import numpy  # noqa: F401  # loaded once, before the first file comes
    import pyarrow.parquet  # noqa: F401
