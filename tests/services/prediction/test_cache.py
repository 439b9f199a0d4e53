import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.prediction.cache import Cache, Loaded


def loader(size: int = 1) -> Callable[[], Awaitable[Loaded[str]]]:
    async def load() -> Loaded[str]:
        return Loaded("value", size)

    return load


async def use(cache: Cache[str], key: str, size: int = 1) -> None:
    async with cache.use(key, loader(size)):
        pass


async def test_many_who_ask_at_once_cause_one_load() -> None:
    cache: Cache[int] = Cache(100)
    loads = 0
    open_gate = asyncio.Event()

    async def load() -> Loaded[int]:
        nonlocal loads
        loads += 1
        await open_gate.wait()
        return Loaded(loads, 1)

    async def ask() -> int:
        async with cache.use("key", load) as value:
            return value

    asking = [asyncio.create_task(ask()) for _ in range(50)]
    await asyncio.sleep(0)
    open_gate.set()

    assert await asyncio.gather(*asking) == [1] * 50


async def test_the_least_recently_used_goes_first() -> None:
    cache: Cache[str] = Cache(30)
    for key in ("a", "b", "c"):
        await use(cache, key, 10)
    await use(cache, "a")

    await use(cache, "d", 10)

    assert [key for key in "abcd" if key in cache] == ["a", "c", "d"]
    assert cache.size == 30


async def test_what_is_in_use_is_never_dropped() -> None:
    cache: Cache[str] = Cache(10)

    async with cache.use("held", loader(10)):
        await use(cache, "other", 10)
        assert "held" in cache
        assert "other" not in cache

    assert "held" in cache


async def test_a_value_larger_than_the_cache_is_lent_but_not_kept() -> None:
    cache: Cache[str] = Cache(5)

    async with cache.use("large", loader(6)) as value:
        assert value == "value"

    assert "large" not in cache
    assert cache.size == 0


async def test_a_failed_load_is_told_to_all_and_not_kept() -> None:
    cache: Cache[str] = Cache(10)

    async def fail() -> Loaded[str]:
        await asyncio.sleep(0)
        raise OSError("no disk")

    async def ask() -> None:
        async with cache.use("key", fail):
            pass

    answers = await asyncio.gather(ask(), ask(), return_exceptions=True)

    assert [type(answer) for answer in answers] == [OSError, OSError]
    async with cache.use("key", loader()) as value:
        assert value == "value"


async def test_a_load_goes_on_when_the_one_who_asked_leaves() -> None:
    cache: Cache[str] = Cache(10)
    open_gate = asyncio.Event()
    loads = 0

    async def load() -> Loaded[str]:
        nonlocal loads
        loads += 1
        await open_gate.wait()
        return Loaded("value", 1)

    async def ask() -> str:
        async with cache.use("key", load) as value:
            return value

    first = asyncio.create_task(ask())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    open_gate.set()

    assert await ask() == "value"
    assert loads == 1


async def test_closing_gives_up_loads_under_way() -> None:
    cache: Cache[str] = Cache(10)

    async def never() -> Loaded[str]:
        await asyncio.Event().wait()
        raise AssertionError

    async def ask() -> None:
        async with cache.use("key", never):
            pass

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    await cache.close()

    with pytest.raises(asyncio.CancelledError):
        await asking
