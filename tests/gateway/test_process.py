"""The gateway as a process of its own: what it loads, how much memory a large body costs."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import httpx
import psutil

from tests.gateway.conftest import free_port
from tests.gateway.upstream import Upstream

MB = 1_000_000
LARGE, MOST_MORE = 256 * MB, 64 * MB
START_S = 60.0


async def started(upstream: Upstream) -> tuple["subprocess.Popen[bytes]", httpx.AsyncClient]:
    """Start `python -m gateway` and wait until it answers."""
    port = free_port()
    told = {"SHELFCAST_PORT": str(port), "SHELFCAST_REGISTRY_URL": upstream.url}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway"], env={**os.environ, **told}, stderr=subprocess.DEVNULL
    )
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            await client.get("/readyz")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return process, client
    process.kill()
    raise AssertionError("the gateway did not start")


async def test_a_large_body_costs_little_memory_and_a_signal_ends_it(upstream: Upstream) -> None:
    process, client = await started(upstream)
    resident = psutil.Process(process.pid).memory_info
    before, most = resident().rss, 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal most
        for _ in range(LARGE // MB):
            yield bytes(MB)
            most = max(most, resident().rss)

    try:
        answer = await client.post("/api/upload", content=body())
    finally:
        await client.aclose()
        process.send_signal(signal.SIGTERM)
        ended = await asyncio.to_thread(process.wait, 30)

    assert answer.text == str(LARGE)
    assert most - before < MOST_MORE
    assert ended in (0, -signal.SIGTERM)


def test_the_gateway_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'pandas', 'pyarrow', 'numpy', 'sqlalchemy', 'redis', 'arq'}"
    code = f"import sys, gateway.main; print(sorted({heavy} & set(sys.modules)))"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
