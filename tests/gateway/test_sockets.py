"""WebSockets through the gateway."""

import asyncio
import json
from contextlib import suppress

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.gateway.conftest import Gateways, free_port
from tests.gateway.upstream import Upstream


def address(gateway: httpx.AsyncClient, path: str) -> str:
    return f"ws://127.0.0.1:{gateway.base_url.port}/api{path}"


def own_page(gateway: httpx.AsyncClient) -> Origin:
    return Origin(f"http://127.0.0.1:{gateway.base_url.port}")


async def closing(socket: ClientConnection) -> tuple[int, str]:
    with suppress(ConnectionClosed):
        async for _ in socket:
            pass
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def test_messages_go_both_ways_as_they_are(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with connect(address(gateway, "/tasks/1/echo?after=7-0&x=%20")) as socket:
        await socket.send("药")
        await socket.send(b"\x00\x01")
        echoed = [await socket.recv(), await socket.recv()]

    assert echoed == ["药", b"\x00\x01"]
    assert upstream.seen[-1]["path"] == "/tasks/1/echo"
    assert upstream.seen[-1]["query_string"] == b"after=7-0&x=%20"
    assert upstream.headers["x-forwarded-prefix"] == "/api"


async def test_the_service_chooses_the_subprotocol(gateway: httpx.AsyncClient) -> None:
    offered = [Subprotocol("v1"), Subprotocol("v2")]

    async with connect(address(gateway, "/tasks/1/echo"), subprotocols=offered) as socket:
        assert socket.subprotocol == "v2"


async def test_the_clients_close_code_reaches_the_service(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with connect(address(gateway, "/tasks/1/echo")) as socket:
        await socket.close(4001, "seen enough")
    await asyncio.wait_for(upstream.client_gone.wait(), 5)

    assert upstream.closed_with == [(4001, "seen enough")]


async def test_a_client_that_vanishes_is_told_to_the_service(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    socket = await connect(address(gateway, "/tasks/1/echo"))
    socket.transport.abort()
    await asyncio.wait_for(upstream.client_gone.wait(), 5)

    assert upstream.closed_with == [(1001, "")]


async def test_the_services_close_code_reaches_the_client(gateway: httpx.AsyncClient) -> None:
    async with connect(address(gateway, "/tasks/1/gone")) as socket:
        assert await closing(socket) == (4410, "the task is gone")


async def test_a_service_that_crashes_asks_the_client_to_come_back(
    gateway: httpx.AsyncClient,
) -> None:
    async with connect(address(gateway, "/tasks/1/crash")) as socket:
        code, reason = await closing(socket)

    assert (code, reason) == (1013, "The service went away. Connect again.")


async def test_a_program_reads_why_a_handshake_was_refused(gateway: httpx.AsyncClient) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(gateway, "/tasks/1/refused"))

    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body)["detail"] == "There is no such task."


async def test_a_page_reads_why_from_the_close_code(gateway: httpx.AsyncClient) -> None:
    async with connect(
        address(gateway, "/tasks/1/refused"),
        origin=own_page(gateway),
        subprotocols=[Subprotocol("v1")],
    ) as socket:
        assert await closing(socket) == (4404, "There is no such task.")


async def test_a_service_that_is_down_closes_with_try_again_later(gateways: Gateways) -> None:
    async with gateways(training_url=f"http://127.0.0.1:{free_port()}") as gateway:
        with pytest.raises(InvalidStatus) as refused:
            await connect(address(gateway, "/tasks/1/echo"))
        async with connect(address(gateway, "/tasks/1/echo"), origin=own_page(gateway)) as socket:
            closed = await closing(socket)

    assert refused.value.response.status_code == 503
    assert closed == (1013, "The training service does not answer. Connect again.")


@pytest.mark.parametrize("path", ["/models/1/echo", "/internal/echo", "/tasks/../internal/echo"])
async def test_there_are_websockets_only_where_the_table_has_them(
    gateway: httpx.AsyncClient, upstream: Upstream, path: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(gateway, path))

    assert refused.value.response.status_code == 404
    assert upstream.seen == []


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"]
)
async def test_pages_of_other_sites_get_no_websocket(
    gateway: httpx.AsyncClient, upstream: Upstream, origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(gateway, "/tasks/1/echo"), origin=Origin(origin))

    assert refused.value.response.status_code == 403
    assert upstream.seen == []


async def test_a_rebound_name_gets_no_websocket(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    rebound = f"ws://evil.example:{gateway.base_url.port}/api/tasks/1/echo"

    with pytest.raises(InvalidStatus) as refused:
        await connect(rebound, host="127.0.0.1", port=gateway.base_url.port)

    assert refused.value.response.status_code == 403
    assert upstream.seen == []


async def test_a_hundred_forced_reconnects_lose_and_repeat_nothing(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    upstream.events = 250
    seen: list[int] = []

    for attempt in range(101):
        after = seen[-1] if seen else 0
        url = address(gateway, f"/tasks/1/events?after={after}")
        # a full queue would keep this client from reading the answer to its close
        socket = await connect(url, max_queue=None)
        for _ in range(2):
            seen.append(int(json.loads(await socket.recv())["id"]))
        if attempt % 2:
            await socket.close()
        else:
            socket.transport.abort()
    async with connect(address(gateway, f"/tasks/1/events?after={seen[-1]}")) as last:
        seen += [int(json.loads(message)["id"]) async for message in last]

    assert seen == list(range(1, 251))
    assert (last.close_code, last.close_reason) == (1000, "ended")


async def test_a_slow_reader_loses_nothing(gateway: httpx.AsyncClient, upstream: Upstream) -> None:
    upstream.events = 20_000

    async with connect(address(gateway, "/tasks/1/events"), max_queue=1) as socket:
        await asyncio.sleep(0.3)
        seen = [int(json.loads(message)["id"]) async for message in socket]

    assert seen == list(range(1, 20_001))
