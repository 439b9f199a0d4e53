"""Content-addressed blobs in a folder: written once, named by their SHA-256, never changed."""

import asyncio
import hashlib
import os
import platform
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from shared.kit.errors import Invalid, NotFound

CHUNK = 1 << 20
ABANDONED_AFTER_S = 24 * 3600
_OWNER = hashlib.sha256(platform.node().encode()).hexdigest()[:8]


class BlobStore:
    """A folder of blobs at `sha256/ab/cdef…`; a half-written one is never visible."""

    def __init__(self, folder: Path) -> None:
        self._blobs = folder / "sha256"
        self._incoming = folder / "incoming"
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._incoming.mkdir(parents=True, exist_ok=True)

    async def put(self, chunks: AsyncIterator[bytes], expected: str | None = None) -> "Blob":
        """Store a stream, hashing while it is written.

        Raises:
            Invalid: its digest is not the expected one; nothing is kept.
        """
        with self.incoming() as part:
            blob = await write(part, chunks, expected)
            await asyncio.to_thread(self.publish, part, blob.digest)
        return blob

    def adopt(self, file: Path) -> "Blob":
        """Move a finished file (made by `incoming`) into the store."""
        blob = seal(file)
        self.publish(file, blob.digest)
        return blob

    @contextmanager
    def incoming(self, suffix: str = "") -> Iterator[Path]:
        """Lend a path on the store's disk for a file in the making; it is gone afterwards."""
        part = self._incoming / f"{_OWNER}-{os.getpid()}-{uuid4().hex}{suffix}"
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)

    def path(self, digest: str) -> Path:
        """Return where a blob lies.

        Raises:
            NotFound: there is no such blob.
        """
        path = self._place(digest)
        if not path.is_file():
            raise NotFound(f"There is no blob {digest}.")
        return path

    def has(self, digest: str) -> bool:
        """Say whether a blob is there."""
        return self._place(digest).is_file()

    def delete(self, digest: str) -> None:
        """Remove a blob; gone already is fine. The caller knows that nothing refers to it."""
        self._place(digest).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what killed processes left half-written; return how many files went.

        Call it at start, before this process writes: a part with its own number is from an
        earlier life. Another machine's parts are left alone for a day.
        """
        limit = time.time() - ABANDONED_AFTER_S
        old = [part for part in self._incoming.iterdir() if _is_abandoned(part, limit)]
        for part in old:
            part.unlink(missing_ok=True)
        return len(old)

    def files(self) -> Iterator["Stored"]:
        """Yield all blobs that are there, in no order."""
        for file in self._blobs.glob("??/*"):
            try:
                found = file.stat()
            except FileNotFoundError:  # removed just now
                continue
            digest = file.parent.name + file.name
            yield Stored(digest, found.st_size, found.st_mtime, found.st_ctime)

    def _place(self, digest: str) -> Path:
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise NotFound("A blob is named by 64 hexadecimal digits.")
        return self._blobs / digest[:2] / digest[2:]

    def publish(self, part: Path, digest: str) -> None:
        """Move a finished file whose digest is known into its place."""
        place = self._place(digest)
        if not place.parent.is_dir():
            place.parent.mkdir(exist_ok=True)
            _sync_folder(self._blobs)
        part.chmod(0o444)
        part.replace(place)
        _sync_folder(place.parent)


class Blob:
    """A stored blob: its digest and size in bytes."""

    def __init__(self, digest: str, size: int) -> None:
        self.digest = digest
        self.size = size


@dataclass(frozen=True)
class Stored:
    """A blob in its place: when it was written, and when it was put there."""

    digest: str
    size: int
    mtime: float
    ctime: float


async def write(part: Path, chunks: AsyncIterator[bytes], expected: str | None) -> Blob:
    """Write a stream safely to the disk and return what blob it will be.

    Raises:
        Invalid: its digest is not the expected one.
    """
    digest, size = await _write(part, chunks)
    if expected is not None and digest != expected:
        raise Invalid(
            f"The content has the digest {digest}, not {expected}: send it again.",
            field="/digest",
        )
    return Blob(digest, size)


def sync(file: Path) -> None:
    """Bring a finished file safely to the disk."""
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def seal(file: Path) -> Blob:
    """Bring a finished file safely to the disk and return what blob it will be."""
    hasher = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            hasher.update(chunk)
        os.fsync(stream.fileno())
        size = os.fstat(stream.fileno()).st_size
    return Blob(hasher.hexdigest(), size)


def _is_abandoned(part: Path, limit: float) -> bool:
    owner, _, rest = part.name.partition("-")
    process = rest.partition("-")[0]
    if owner == _OWNER and process.isdecimal():
        return int(process) == os.getpid() or not Path(f"/proc/{process}").exists()
    try:
        return part.stat().st_mtime < limit
    except FileNotFoundError:  # its writer has just finished
        return False


async def _write(part: Path, chunks: AsyncIterator[bytes]) -> tuple[str, int]:
    hasher, size = hashlib.sha256(), 0
    with part.open("wb") as stream:
        async for chunk in chunks:
            hasher.update(chunk)
            size += stream.write(chunk)
        stream.flush()
        await asyncio.to_thread(os.fsync, stream.fileno())
    return hasher.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
