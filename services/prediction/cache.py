"""Values that are dear to make: loaded once however many ask, kept up to a number of bytes.

Knows nothing of models or panels. What is in use is never dropped; a failed load is not kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Loaded(Generic[Value]):
    """A value and how many bytes of memory it holds."""

    value: Value
    size: int


class _Entry(Generic[Value]):
    def __init__(self, loading: asyncio.Task[Loaded[Value]]) -> None:
        self.loading = loading
        self.users = 0
        self.size = 0


class Cache(Generic[Value]):
    """Values by key; over `limit` bytes the least recently used ones go."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, _Entry[Value]] = OrderedDict()

    @property
    def size(self) -> int:
        """Return how many bytes all values hold."""
        return sum(entry.size for entry in self._entries.values())

    def __contains__(self, key: Hashable) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.loading.done()

    @asynccontextmanager
    async def use(
        self, key: Hashable, load: Callable[[], Awaitable[Loaded[Value]]]
    ) -> AsyncIterator[Value]:
        """Lend a value, loading it if it is not there; it stays at least until the block ends.

        A load goes on when those who wait for it leave, so that the next one finds it done.
        """
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(asyncio.ensure_future(_run(load)))
            entry.loading.add_done_callback(lambda task: self._loaded(key, task))
        self._entries.move_to_end(key)
        entry.users += 1
        try:
            yield (await asyncio.shield(entry.loading)).value
        finally:
            entry.users -= 1
            self._trim()

    async def close(self) -> None:
        """Drop everything; loads under way are given up."""
        loads = [entry.loading for entry in self._entries.values()]
        for task in loads:
            task.cancel()
        await asyncio.gather(*loads, return_exceptions=True)
        self._entries.clear()

    def _loaded(self, key: Hashable, task: asyncio.Task[Loaded[Value]]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._entries.pop(key, None)
            return
        if (entry := self._entries.get(key)) is not None:
            entry.size = task.result().size
        self._trim()

    def _trim(self) -> None:
        size = self.size
        for key, entry in list(self._entries.items()):
            if size <= self._limit:
                return
            if entry.users == 0 and entry.loading.done():
                size -= entry.size
                del self._entries[key]


async def _run(load: Callable[[], Awaitable[Loaded[Value]]]) -> Loaded[Value]:
    return await load()
