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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

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
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def per_core(self) -> float:
        return self.requests / self.cpu_seconds


class Round(NamedTuple):
    """The same load straight to the upstream and through the gateway."""

    direct_many: Run
    many: Run
    direct_one: Run
    one: Run


def measure() -> list[Figure]:
    """Measure the gateway in front of a small upstream."""
    upstream_port, port = free(2)
    upstream_url = f"http://127.0.0.1:{upstream_port}"
    direct = f"{upstream_url}/models/small"
    through = f"http://127.0.0.1:{port}/api/models/small"
    cores = _cores()
    upstream = _python("benchmarks.gateway_alone", str(upstream_port))
    told = {"SHELFCAST_PORT": str(port), "SHELFCAST_REGISTRY_URL": upstream_url}
    gateway = _python("gateway", **told)
    with (
        _process(upstream, direct, cores[1:]) as upstream_process,
        _process(gateway, through, cores[:1]) as gateway_process,
    ):
        _pin(0, cores[1:])
        try:
            rounds = [
                Round(
                    _load(direct, MANY, upstream_process),
                    _load(through, MANY, gateway_process),
                    _load(direct, 1, upstream_process),
                    _load(through, 1, gateway_process),
                )
                for _ in range(ROUNDS)
            ]
        finally:
            _pin(0, cores)
    return _figures(rounds)


def _figures(rounds: list[Round]) -> list[Figure]:
    def median(of: Callable[[Round], float]) -> float:
        return quantile([of(one) for one in rounds], 0.5)

    tool = "wrk" if shutil.which("wrk") else "asyncio"
    how = f"{tool}, {MANY} clients"
    alone = f"to {median(lambda r: r.direct_one.p50_ms):.2g} ms"
    return [
        Figure(
            "gateway: requests per core", median(lambda r: r.many.per_core), "/s", 2500, "more", how
        ),
        Figure(
            "the same route without it, per core", median(lambda r: r.direct_many.per_core), "/s"
        ),
        Figure("gateway: requests per second", median(lambda r: r.many.rate), "/s"),
        Figure("the same route without it", median(lambda r: r.direct_many.rate), "/s"),
        Figure(
            "gateway: added at p50, one client",
            median(lambda r: r.one.p50_ms - r.direct_one.p50_ms),
            "ms",
            1.0,
            note=alone,
        ),
    ]


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _pin(pid: int, cores: list[int]) -> None:
    """Keep a process on some cores, where the system can and there is more than one."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, cores)


def _load(url: str, clients: int, process: psutil.Process) -> Run:
    """Load a route and note how much processor time its process used."""
    before = sum(process.cpu_times()[:2])
    has_wrk = shutil.which("wrk") is not None
    run = _wrk(url, clients) if has_wrk else asyncio.run(_asyncio_load(url, clients))
    return replace(run, cpu_seconds=sum(process.cpu_times()[:2]) - before)


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
    process: "subprocess.Popen[bytes]", url: str, cores: list[int]
) -> Iterator[psutil.Process]:
    """Wait until a process answers, and end it afterwards."""
    try:
        _pin(process.pid, cores)
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
