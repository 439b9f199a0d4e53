"""What the proxy passes on, and what it keeps to itself."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx

from tests.gateway.conftest import Gateways, free_port
from tests.gateway.upstream import Upstream


async def test_a_request_reaches_its_service_without_the_prefix(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    answer = await gateway.get("/api/datasets/1/series?search=a%2Fb&where=shop:S1&where=p:2")

    assert answer.json()["path"] == "/datasets/1/series"
    assert answer.json()["query"] == "search=a%2Fb&where=shop:S1&where=p:2"


async def test_a_small_body_arrives_whole(gateway: httpx.AsyncClient, upstream: Upstream) -> None:
    await gateway.post("/api/training", json={"algorithm": "kan"})

    assert upstream.bodies == [b'{"algorithm":"kan"}']
    assert upstream.headers["content-length"] == "19"


async def test_an_answer_is_passed_on_before_it_is_complete(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with gateway.stream("GET", "/api/models/slowly") as answer:
        pieces = answer.aiter_raw()
        first = await anext(pieces)
        upstream.go_on.set()
        rest = [piece async for piece in pieces]

    assert (first, b"".join(rest)) == (b"first", b" last")


async def test_a_body_is_passed_on_before_it_is_complete(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a" * 10
        await upstream.first_piece.wait()
        yield b"b" * 10

    answer = await gateway.post("/api/upload", content=body())

    assert answer.text == "20"
    assert upstream.headers["transfer-encoding"] == "chunked"


async def test_a_large_body_keeps_its_length(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    answer = await gateway.post("/api/upload", content=b"x" * 3_000_000)

    assert answer.text == "3000000"
    assert upstream.headers["content-length"] == "3000000"


async def test_a_client_that_leaves_while_waiting_is_told_to_the_service(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    asked = asyncio.ensure_future(gateway.get("/api/models/silent"))
    while not upstream.seen:
        await asyncio.sleep(0.01)
    asked.cancel()

    await asyncio.wait_for(upstream.client_gone.wait(), 5)


async def test_a_client_that_leaves_while_reading_is_told_to_the_service(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with gateway.stream("GET", "/api/models/endless") as answer:
        await anext(answer.aiter_raw())

    await asyncio.wait_for(upstream.client_gone.wait(), 5)


async def test_a_client_that_leaves_while_sending_is_told_to_the_service(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.base_url.port)
    writer.write(
        b"POST /api/upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900000\r\n\r\nab"
    )
    await upstream.first_piece.wait()
    writer.close()

    await asyncio.wait_for(upstream.client_gone.wait(), 5)
    assert upstream.received == 2


async def test_a_slow_reader_slows_the_service_down(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with gateway.stream("GET", "/api/models/endless") as answer:
        pieces = answer.aiter_raw()
        await anext(pieces)
        poured = -1
        while poured != upstream.received:
            poured = upstream.received
            await asyncio.sleep(0.2)

    assert poured < 32 * 1024 * 1024


async def test_an_early_refusal_arrives_while_the_body_is_still_coming(
    gateway: httpx.AsyncClient,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.base_url.port)
    head = b"POST /api/tasks/too-large HTTP/1.1\r\nhost: localhost\r\n"
    writer.write(head + b"content-length: 9000000\r\n\r\nab")
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()

    assert status.split()[1] == b"413"


async def test_cookies_of_one_client_never_reach_another(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    first = await gateway.get("/api/models/cookie")
    async with httpx.AsyncClient(base_url=gateway.base_url) as other:
        await other.get("/api/models/echo")

    assert first.headers["set-cookie"] == "user=a; Path=/"
    assert "cookie" not in upstream.headers


async def test_redirects_are_not_followed_and_name_the_public_address(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    answer = await gateway.get("/api/models/redirect")

    assert answer.status_code == 307
    assert answer.headers["location"] == "/api/models/elsewhere"
    assert len(upstream.seen) == 1


async def test_the_location_of_a_task_is_its_public_address(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/api/tasks/accepted")

    assert answer.headers["location"] == "/api/tasks/1"


async def test_headers_about_the_connection_stay_on_it(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    await gateway.get(
        "/api/models/echo",
        headers={"connection": "keep-alive, x-secret", "x-secret": "1", "te": "trailers"},
    )
    answer = await gateway.get("/api/models/empty")

    assert not {"x-secret", "te"} & set(dict(upstream.seen[0]["headers"]))
    assert b"x-secret" not in dict(upstream.seen[0]["headers"])
    assert answer.status_code == 304


async def test_an_encoded_body_is_passed_on_as_it_is(gateway: httpx.AsyncClient) -> None:
    async with gateway.stream("GET", "/api/models/packed") as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])

    assert raw == b"not really gzip"
    assert answer.headers["content-encoding"] == "gzip"
    assert "x-private" not in answer.headers


async def test_the_service_learns_who_asked_from_the_gateway_alone(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    lies = {"x-forwarded-host": "evil", "forwarded": "for=evil", "x-request-id": "mine"}
    answer = await gateway.get("/api/models/echo", headers=lies)

    assert "forwarded" not in upstream.headers
    assert upstream.headers["x-forwarded-for"] == "127.0.0.1"
    assert upstream.headers["x-forwarded-host"] == f"127.0.0.1:{gateway.base_url.port}"
    assert upstream.headers["x-forwarded-prefix"] == "/api"
    assert upstream.headers["x-request-id"] == answer.headers["x-request-id"] == "mine"


async def test_the_client_says_what_it_accepts_and_nobody_else(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.base_url.port)
    writer.write(b"GET /api/models HTTP/1.1\r\nhost: localhost\r\n\r\n")
    await reader.readline()
    writer.close()

    assert not {"accept", "accept-encoding", "user-agent", "content-type"} & set(upstream.headers)


async def test_an_answer_that_breaks_off_is_never_taken_for_a_whole_one(
    gateway: httpx.AsyncClient,
) -> None:
    try:
        await gateway.get("/api/models/broken")
    except httpx.RemoteProtocolError:
        return
    raise AssertionError("half an answer looked like a whole one")


async def test_a_service_that_is_down_is_named_with_what_to_do(gateways: Gateways) -> None:
    async with gateways(prediction_url=f"http://127.0.0.1:{free_port()}") as gateway:
        answer = await gateway.post("/api/prediction", json={})

    problem = answer.json()
    assert answer.status_code == problem["status"] == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert problem["detail"].startswith("The prediction service does not answer. Try again")
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_a_service_that_stays_silent_is_a_504(gateways: Gateways) -> None:
    async with gateways(upstream_wait_s=0.2) as gateway:
        answer = await gateway.get("/api/models/silent")

    assert answer.status_code == 504
    assert "registry" in answer.json()["detail"]
    assert "retry-after" in answer.headers


async def test_a_service_that_does_not_speak_http_is_a_502(gateways: Gateways) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"I am not a web server\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, gateways(registry_url=f"http://127.0.0.1:{port}") as gateway:
        answer = await gateway.get("/api/models")

    assert answer.status_code == 502
    assert answer.json()["detail"].startswith("The registry service")


async def test_a_body_that_is_absurd_is_refused_before_it_is_sent(
    gateways: Gateways, upstream: Upstream
) -> None:
    async with gateways(max_request_bytes=1000) as gateway:
        announced = await gateway.post("/api/upload", content=b"x" * 1001)

    assert announced.status_code == 413
    assert "SHELFCAST_MAX_REQUEST_BYTES" in announced.json()["detail"]
    assert upstream.seen == []


async def test_a_body_that_grows_absurd_is_cut_off(gateways: Gateways, upstream: Upstream) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    async with gateways(max_request_bytes=1000) as gateway:
        answer = await gateway.post("/api/upload", content=body())

    assert answer.status_code == 413
    await asyncio.wait_for(upstream.client_gone.wait(), 5)


async def test_contradictory_lengths_are_refused(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    for lengths in (
        b"content-length: 2\r\ncontent-length: 3\r\n",
        b"content-length: 2\r\ntransfer-encoding: chunked\r\n",
        b"content-length: +2\r\n",
        b"transfer-encoding: gzip, chunked\r\n",
    ):
        with socket.create_connection(("127.0.0.1", gateway.base_url.port or 0)) as raw:
            raw.setblocking(False)
            loop = asyncio.get_running_loop()
            head = b"POST /api/upload HTTP/1.1\r\nhost: localhost\r\n" + lengths + b"\r\nab"
            await loop.sock_sendall(raw, head)
            status = (await loop.sock_recv(raw, 100)).split()[1]
        assert status == b"400", lengths

    assert upstream.seen == []
