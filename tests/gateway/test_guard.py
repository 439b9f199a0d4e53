"""Who may come in."""

from typing import Any

import httpx
import pytest

from gateway.guard import Guard
from gateway.heads import Head
from gateway.refusals import Forbidden
from gateway.settings import GatewaySettings
from tests.gateway.upstream import Upstream


def guard(**settings: Any) -> Guard:
    return Guard(GatewaySettings(**settings))


def may(guard: Guard, host: str = "localhost:8000", **head: str) -> bool:
    try:
        guard.check_host(Head(host=host))
        guard.check_origin(Head(host=host, **head), "POST")  # type: ignore[arg-type]
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "192.168.1.7", "a.localhost"],
)
def test_this_machine_and_plain_addresses_are_known(host: str) -> None:
    assert may(guard(), host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example:8000", "127.0.0.1.nip.io", "[evil]"]
)
def test_other_names_are_refused_so_that_none_can_be_rebound(host: str) -> None:
    assert not may(guard(), host)


def test_names_can_be_allowed() -> None:
    named = guard(allowed_hosts=["Forecast.example"])

    assert may(named, "forecast.example:8000")
    assert not may(named, "other.example")
    assert may(guard(allowed_hosts=["*"]), "other.example")
    assert may(guard(host="forecast.lan"), "forecast.lan")


def test_names_come_from_the_environment_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELFCAST_ALLOWED_HOSTS", "a.example, b.example")

    assert GatewaySettings().allowed_hosts == ["a.example", "b.example"]

    monkeypatch.setenv("SHELFCAST_ALLOWED_HOSTS", "")

    assert GatewaySettings().allowed_hosts == []


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"site": "same-origin"},
        {"site": "none"},
        {"origin": "http://localhost:8000"},
        {"origin": "http://localhost:5173"},
        {"origin": "http://127.0.0.1:8000"},
    ],
)
def test_programs_and_our_own_pages_may_change_things(head: dict[str, str]) -> None:
    assert may(guard(), **head)


@pytest.mark.parametrize(
    "head",
    [
        {"site": "cross-site"},
        {"site": "same-site"},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost.evil.example:8000"},
        {"origin": "http://localhost:8000@evil.example"},
        {"origin": "file://"},
        {"origin": "http://[broken"},
    ],
)
def test_pages_of_other_sites_may_not(head: dict[str, str]) -> None:
    assert not may(guard(), **head)


def test_whoever_names_origins_trusts_only_those_and_its_own() -> None:
    named = guard(allowed_origins=["https://desk.example"])

    assert may(named, origin="https://desk.example")
    assert may(named, origin="http://localhost:8000")
    assert not may(named, origin="http://localhost:5173")


def test_reading_needs_no_origin() -> None:
    guard().check_origin(Head(host="localhost", origin="https://evil.example"), "GET")


async def test_a_foreign_form_changes_nothing(
    gateway: httpx.AsyncClient, upstream: Upstream
) -> None:
    answer = await gateway.post("/api/sample-data", headers={"origin": "https://evil.example"})

    assert answer.status_code == 403
    assert "SHELFCAST_ALLOWED_ORIGINS=https://evil.example" in answer.json()["detail"]
    assert upstream.seen == []


async def test_a_rebound_name_reads_nothing(gateway: httpx.AsyncClient, upstream: Upstream) -> None:
    for path in ("/api/datasets", "/api/health", "/"):
        answer = await gateway.get(path, headers={"host": "evil.example"})
        assert answer.status_code == 403
        assert "SHELFCAST_ALLOWED_HOSTS=evil.example" in answer.json()["detail"]

    assert upstream.seen == []


async def test_probes_come_by_any_name(gateway: httpx.AsyncClient) -> None:
    for path in ("/livez", "/readyz"):
        assert (await gateway.get(path, headers={"host": "pod.cluster"})).status_code == 200


async def test_an_allowed_origin_can_read_the_answers(gateways: Any) -> None:
    async with gateways(allowed_origins=["https://desk.example"]) as gateway:
        asked = await gateway.options(
            "/api/training",
            headers={
                "origin": "https://desk.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type",
            },
        )
        answer = await gateway.post("/api/training", headers={"origin": "https://desk.example"})

    assert asked.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://desk.example"
