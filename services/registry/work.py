"""Runs heavy work beside the event loop, a few at a time, and gives the memory back."""

import asyncio
import ctypes
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 2
_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="heavy")


async def beside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that needs much time or memory in a thread, when it is its turn."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, partial(_run, partial(function, *args, **kwargs)))


def _run(function: Callable[[], T]) -> T:
    try:
        return function()
    finally:
        _give_back()


def _give_back() -> None:
    """Return freed memory to the system: a registry is idle most of the time."""
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
