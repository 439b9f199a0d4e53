"""A real gateway in front of a real upstream, both on loopback sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from gateway.main import build
from gateway.settings import GatewaySettings
from tests.gateway.upstream import Upstream

Gateways = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class Server(uvicorn.Server):
    """A server that leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Any:
        yield

    async def main_loop(self) -> None:
        while not self.should_exit:  # the real one looks ten times a second, which adds up here
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application as `shared.kit.serve` does and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    running = asyncio.ensure_future(server.serve([listener]))
    while not server.started:
        if running.done():
            running.result()
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    app = Upstream()
    async with served(app) as url:
        app.url = url
        yield app


@pytest.fixture
def gateways(tmp_path: Path, upstream: Upstream) -> Gateways:
    """Start gateways with settings of one's own, all in front of the same upstream."""

    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        given = {
            "registry_url": upstream.url,
            "training_url": upstream.url,
            "prediction_url": upstream.url,
            "web": tmp_path / "web",
            **settings,
        }
        async with (
            served(build(GatewaySettings(**given))) as url,
            httpx.AsyncClient(base_url=url, trust_env=False) as client,
        ):
            yield client

    return start


@pytest.fixture
async def gateway(gateways: Gateways) -> AsyncIterator[httpx.AsyncClient]:
    async with gateways() as client:
        yield client
