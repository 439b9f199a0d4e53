"""Downloads on a host: shared by processes, bounded, and never taken from under a reader."""

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from shared.clients.cache import IN_USE_S, DigestCache

KB = b"x" * 1000


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetch(content: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return pieces


async def download(cache: DigestCache, name: str) -> Path:
    content = KB + name.encode()
    return await cache.get(digest(content), fetch(content))


def age(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


async def test_what_was_not_asked_for_the_longest_makes_room(tmp_path: Path) -> None:
    cache = DigestCache(tmp_path, limit=3_500)
    first, second, third = [await download(cache, name) for name in "abc"]
    age(first, 3 * IN_USE_S)
    age(second, 2 * IN_USE_S)
    age(third, 2 * IN_USE_S)
    await download(cache, "a")  # asked for again: now it is the youngest

    fourth = await download(cache, "d")

    there = [path.exists() for path in (first, second, third, fourth)]
    assert (there[0], there[3]) == (True, True)
    assert sum(there) == 3


async def test_what_was_asked_for_just_now_stays_even_over_the_limit(tmp_path: Path) -> None:
    cache = DigestCache(tmp_path, limit=0)

    files = [await download(cache, name) for name in "abc"]

    assert all(file.exists() for file in files)


async def test_a_file_that_made_room_is_still_read_by_who_has_it_open_and_fetched_again(
    tmp_path: Path,
) -> None:
    cache = DigestCache(tmp_path, limit=1_500)
    file = await download(cache, "a")
    with file.open("rb") as stream:
        age(file, 2 * IN_USE_S)
        await download(cache, "b")
        assert not file.exists()
        assert stream.read() == KB + b"a"

    assert (await download(cache, "a")).read_bytes() == KB + b"a"


def test_what_a_killed_download_left_is_gone_at_the_next_start(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys; from shared.kit.storage import BlobStore\n"
        "with BlobStore(pathlib.Path(sys.argv[1])).incoming() as part:\n"
        "    part.write_bytes(b'half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list((tmp_path / "incoming").iterdir())) == 1

    DigestCache(tmp_path)

    assert list((tmp_path / "incoming").iterdir()) == []


CROWD = """
import asyncio, hashlib, pathlib, random, sys, time
from shared.clients import cache

cache.IN_USE_S = 0.03
fetched = 0

async def pieces(content):
    global fetched
    fetched += 1
    yield content

async def main():
    files = cache.DigestCache(pathlib.Path(sys.argv[1]), limit=4_500)
    for _ in range(300):
        content = b"x" * 1000 + str(random.randrange(60)).encode()
        asked = time.time()
        path = await files.get(hashlib.sha256(content).hexdigest(), lambda: pieces(content))
        try:
            assert path.read_bytes() == content
        except FileNotFoundError:
            assert time.time() > asked + cache.IN_USE_S  # this process was held up
        await asyncio.sleep(0.005)
    print(fetched)

asyncio.run(main())
"""


def test_several_processes_share_a_small_cache(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CROWD, str(tmp_path)]
    crowd = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]

    answers = [process.communicate(timeout=120)[0] for process in crowd]

    assert [process.returncode for process in crowd] == [0, 0, 0]
    fetched = sum(int(answer.split()[-1]) for answer in answers)
    assert fetched > 60, "some made room and were fetched again"


async def test_one_of_many_who_ask_at_once_fetches(tmp_path: Path) -> None:
    cache, fetched = DigestCache(tmp_path), 0

    async def slow() -> AsyncIterator[bytes]:
        nonlocal fetched
        fetched += 1
        await asyncio.sleep(0.01)
        yield KB

    await asyncio.gather(*(cache.get(digest(KB), slow) for _ in range(5)))

    assert fetched == 1
