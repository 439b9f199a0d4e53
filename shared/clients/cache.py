"""Files by digest on this host: downloaded once, checked, then shared by all processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from shared.kit.storage import BlobStore


class DigestCache:
    """Files named by their SHA-256, fetched when they are not there."""

    def __init__(self, folder: Path) -> None:
        self._store = BlobStore(folder)
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, digest: str, fetch: Callable[[], AsyncIterator[bytes]]) -> Path:
        """Return the file with this digest, fetched at most once however many ask.

        Raises:
            Invalid: what came has another digest; nothing is kept.
        """
        async with self._locks.setdefault(digest, asyncio.Lock()):
            if not self._store.has(digest):
                await self._store.put(fetch(), expected=digest)
        self._locks.pop(digest, None)
        return self._store.path(digest)
