import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.errors import Invalid, NotFound
from shared.kit.storage import ABANDONED_AFTER_S, BlobStore


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_blob_is_named_by_its_sha256(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)

    blob = await store.put(chunks(b"pharm", b"acy"))

    assert blob.digest == hashlib.sha256(b"pharmacy").hexdigest()
    assert blob.size == 8
    assert store.path(blob.digest).read_bytes() == b"pharmacy"


async def test_content_with_another_digest_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)

    with pytest.raises(Invalid, match="send it again"):
        await store.put(chunks(b"tampered"), expected="0" * 64)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    store = BlobStore(tmp_path)

    with pytest.raises(ConnectionError):
        await store.put(broken())

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)

    first = await store.put(chunks(b"same"))
    second = await store.put(chunks(b"sa", b"me"))

    assert first.digest == second.digest
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_finished_file_moves_into_the_store(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)

    with store.incoming(".parquet") as part:
        part.write_bytes(b"panel")
        blob = store.adopt(part)

    assert not part.exists()
    assert store.path(blob.digest).read_bytes() == b"panel"


async def test_a_deleted_blob_is_gone_and_deleting_twice_is_fine(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    blob = await store.put(chunks(b"old"))

    store.delete(blob.digest)
    store.delete(blob.digest)

    assert not store.has(blob.digest)
    with pytest.raises(NotFound):
        store.path(blob.digest)


def test_only_what_was_abandoned_is_swept(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    old, young = tmp_path / "incoming" / "old", tmp_path / "incoming" / "young"
    for part in (old, young):
        part.write_bytes(b"half")
    long_ago = time.time() - ABANDONED_AFTER_S - 1
    os.utime(old, (long_ago, long_ago))

    assert store.sweep() == 1
    assert (old.exists(), young.exists()) == (False, True)


@given(st.text(max_size=80) | st.sampled_from(["../../etc/passwd", ".." * 32, "/" * 64]))
def test_nothing_but_a_digest_names_a_blob(name: str) -> None:
    store = BlobStore(Path(tempfile.gettempdir()) / "shelfcast-empty-store")

    assert not (len(name) == 64 and set(name) <= set("0123456789abcdef"))
    with pytest.raises(NotFound):
        store.path(name)
