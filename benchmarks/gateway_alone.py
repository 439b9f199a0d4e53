"""What the gateway itself costs: a small JSON route with and without it in between.

The gateway has one core for itself, the upstream and the load share the others. Requests per core
are requests per second of processor time that the gateway used, so that other work on the machine
changes them little.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import psutil

from benchmarks.figures import Figure, quantile
from cli.up.ports import free

SECONDS = 5
ROUNDS = 3
MANY = 16
BODY = json.dumps({"values": [i * 1.5 for i in range(24)]}).encode()
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True)
class Run:
    """One run of the load."""

    requests: float
    seconds: float
    p50_ms: float


def measure() -> list[Figure]:
    """Measure the gateway in front of a small upstream."""
    upstream_port, port = free(2)
    direct, through = (
        f"http://127.0.0.1:{upstream_port}/models/small",
        f"http://127.0.0.1:{port}/api/models/small",
    )
    cores = sorted(os.sched_getaffinity(0))
    environment = {
        "SHELFCAST_PORT": str(port),
        "SHELFCAST_REGISTRY_URL": f"http://127.0.0.1:{upstream_port}",
    }
    upstream = _python("benchmarks.gateway_alone", str(upstream_port))
    gateway = _python("gateway", **environment)
    with (
        _process(upstream, direct, set(cores[1:] or cores)),
        _process(gateway, through, {cores[0]}) as gateway_process,
    ):
        os.sched_setaffinity(0, set(cores[1:] or cores))
        try:
            rounds = [_round(direct, through, gateway_process) for _ in range(ROUNDS)]
        finally:
            os.sched_setaffinity(0, set(cores))
    per_core, requests, direct_requests, added, alone = (
        quantile([r[i] for r in rounds], 0.5) for i in range(5)
    )
    tool = "wrk" if shutil.which("wrk") else "asyncio"
    how = f"{tool}, {MANY} clients"
    return [
        Figure("gateway: requests per core", per_core, "/s", 2500, "more", how),
        Figure("gateway: requests, as they came", requests, "/s", note="with this machine's load"),
        Figure("the same route without it", direct_requests, "/s", note=f"{MANY} clients"),
        Figure("gateway: added at p50, one client", added, "ms", 1.0, "less", f"to {alone:.2g} ms"),
    ]


def _round(
    direct: str, through: str, gateway: psutil.Process
) -> tuple[float, float, float, float, float]:
    plain = _load(direct, MANY)
    before = sum(gateway.cpu_times()[:2])
    many = _load(through, MANY)
    used = sum(gateway.cpu_times()[:2]) - before
    one, one_plain = _load(through, 1), _load(direct, 1)
    return (
        many.requests / used,
        many.requests / many.seconds,
        plain.requests / plain.seconds,
        one.p50_ms - one_plain.p50_ms,
        one_plain.p50_ms,
    )


def _load(url: str, clients: int) -> Run:
    if shutil.which("wrk"):
        return _wrk(url, clients)
    return asyncio.run(_asyncio_load(url, clients))


def _wrk(url: str, clients: int) -> Run:
    command = ["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}", "--latency", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    p50 = re.search(r"50%\s+([\d.]+)(us|ms|s)", said)
    total = re.search(r"(\d+) requests in ([\d.]+)s", said)
    if p50 is None or total is None or "Non-2xx" in said:
        sys.exit(f"wrk did not measure {url}: {said}")
    return Run(float(total[1]), float(total[2]), float(p50[1]) * _UNITS[p50[2]])


async def _asyncio_load(url: str, clients: int) -> Run:
    target = httpx.URL(url)
    deadline = time.perf_counter() + SECONDS
    taken: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection(target.host, target.port)
        request = f"GET {target.path} HTTP/1.1\r\nhost: {target.host}\r\n\r\n".encode()
        while (begun := time.perf_counter()) < deadline:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                sys.exit(f"{url} answered {head!r}")
            await reader.readexactly(len(BODY))
            taken.append((time.perf_counter() - begun) * 1000)
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Run(len(taken), time.perf_counter() - begun, quantile(taken, 0.5))


def _python(module: str, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def _process(
    process: "subprocess.Popen[bytes]", url: str, cores: set[int]
) -> Iterator[psutil.Process]:
    """Wait until a process answers, and end it afterwards."""
    try:
        os.sched_setaffinity(process.pid, cores)
        deadline = time.perf_counter() + 60
        while not _answers(url):
            if process.poll() is not None or time.perf_counter() > deadline:
                sys.exit(f"Nothing answers at {url}.")
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _serve_small_route(port: int) -> None:
    import uvicorn
    from fastapi import FastAPI, Response

    app = FastAPI()

    @app.get("/models/small")
    async def small() -> Response:
        return Response(BODY, media_type="application/json")

    uvicorn.run(app, port=port, loop="uvloop", http="httptools", log_config=None, access_log=False)


if __name__ == "__main__":
    _serve_small_route(int(sys.argv[1]))
