"""Files by digest on this host: downloaded once, checked, then shared by all processes."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from shared.kit.storage import BlobStore

LIMIT_BYTES = 20 << 30
IN_USE_S = 600.0  # so long after it was asked for, a file is not removed: it may not be open yet
log = structlog.get_logger()


class DigestCache:
    """Files named by their SHA-256, fetched when they are not there.

    Over `limit` bytes those that were asked for the longest ago go; a file that a process has open
    stays readable to it. The time of a file is when it was last asked for.
    """

    def __init__(self, folder: Path, limit: int = LIMIT_BYTES) -> None:
        self._store = BlobStore(folder)
        self._limit = limit
        self._guard = folder / "lock"
        self._locks: dict[str, asyncio.Lock] = {}
        self._store.sweep()

    async def get(self, digest: str, fetch: Callable[[], AsyncIterator[bytes]]) -> Path:
        """Return the file with this digest, fetched at most once however many ask.

        Raises:
            Invalid: what came has another digest; nothing is kept.
        """
        async with self._locks.setdefault(digest, asyncio.Lock()):
            if not self._touch(digest):
                await self._store.put(fetch(), expected=digest)
                await asyncio.to_thread(self._trim)
        self._locks.pop(digest, None)
        return self._store.path(digest)

    def _touch(self, digest: str) -> bool:
        """Say that a file is asked for; return whether it is there."""
        with self._locked(fcntl.LOCK_SH):
            if not self._store.has(digest):
                return False
            os.utime(self._store.path(digest))
            return True

    def _trim(self) -> None:
        """Remove what was not asked for the longest, until the rest fits."""
        with self._locked(fcntl.LOCK_EX):
            found = sorted((file.mtime, file.size, file.digest) for file in self._store.files())
            size = sum(entry[1] for entry in found)
            begin, oldest = size, time.time() - IN_USE_S
            for mtime, bytes_, digest in found:
                if size <= self._limit or mtime > oldest:
                    break
                self._store.delete(digest)
                size -= bytes_
        if size < begin:
            log.info("downloads removed", bytes=begin - size, kept_bytes=size)

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        """Keep other processes from removing files (shared), or from asking for them."""
        handle = os.open(self._guard, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, kind)
            yield
        finally:
            os.close(handle)
