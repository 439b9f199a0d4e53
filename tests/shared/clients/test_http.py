import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shared.clients.cache import DigestCache
from shared.clients.http import ServiceClient
from shared.contracts.problems import FieldError, Problem
from shared.kit.errors import AppError, Conflict, Invalid, NotFound, Unavailable


def client(answer: httpx.Response) -> ServiceClient:
    return ServiceClient("registry", "http://r", httpx.MockTransport(lambda request: answer))


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (409, Conflict), (422, Invalid)])
async def test_a_problem_becomes_the_same_error_here(status: int, kind: type[AppError]) -> None:
    problem = Problem(
        title="", status=status, detail="No.", errors=[FieldError(pointer="/a", detail="No.")]
    )

    with pytest.raises(kind, match="No") as caught:
        await client(httpx.Response(status, text=problem.model_dump_json())).send("GET", "/")

    assert caught.value.errors == problem.errors


async def test_a_failing_service_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="registry service failed"):
        await client(httpx.Response(500, text="boom")).send("GET", "/")


async def test_a_service_that_is_down_is_unavailable() -> None:
    nobody = ServiceClient("registry", "http://127.0.0.1:1")

    with pytest.raises(Unavailable, match="does not answer"):
        await nobody.send("GET", "/")
    await nobody.close()


async def test_a_redirect_is_not_followed() -> None:
    away = httpx.Response(302, headers={"location": "http://elsewhere/"})

    with pytest.raises(Unavailable):
        await client(away).send("GET", "/")


async def test_a_file_is_fetched_once_and_checked(tmp_path: Path) -> None:
    fetched = 0

    async def fetch() -> AsyncIterator[bytes]:
        nonlocal fetched
        fetched += 1
        yield b"panel"

    digest = hashlib.sha256(b"panel").hexdigest()
    cache = DigestCache(tmp_path)
    with pytest.raises(Invalid):
        await cache.get("0" * 64, fetch)
    first = await cache.get(digest, fetch)
    second = await cache.get(digest, fetch)

    assert first == second
    assert first.read_bytes() == b"panel"
    assert fetched == 2
