"""What the gateway answers itself: health, totals, the API's page."""

import re
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from shared.contracts.system import Health, Stats
from tests.gateway.conftest import Gateways, free_port, served
from tests.gateway.upstream import answer

TOTALS = {
    "registry": b'{"datasets": 2, "series": 900, "models": 3, "versions": 5, "storage_bytes": 70}',
    "training": b'{"queued": 1, "running": 0, "succeeded": 4, "failed": 0, "cancelled": 0}',
    "prediction": b'{"forecasts": 6, "storage_bytes": 7}',
}


class Service:
    """A service that is ready, or says why it is not."""

    def __init__(self, name: str, ready: bool = True, note: bytes = b"{}") -> None:
        self._name = name
        self._ready = ready
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == "/readyz":
            failed = b'{"status": "down", "failed": {"database": "OperationalError: locked"}}'
            await answer(
                send, self._note if self._ready else failed, {}, 200 if self._ready else 503
            )
        else:
            await answer(send, TOTALS[self._name], {})


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


async def health(gateway: httpx.AsyncClient) -> Health:
    answered = await gateway.get("/api/health")
    assert answered.status_code == 200
    return Health.model_validate_json(answered.content)


async def test_the_system_is_ready_when_every_service_is(gateways: Gateways) -> None:
    async with served(Service("registry")) as url:
        urls = {f"{name}_url": url for name in TOTALS}
        async with gateways(**urls) as gateway:
            found = await health(gateway)

    assert found.status == "ready"
    assert {service.status for service in found.services.values()} == {"ready"}
    assert all(service.milliseconds is not None for service in found.services.values())


async def test_a_service_that_is_ready_may_have_something_to_say(gateways: Gateways) -> None:
    note = b'{"status": "ready", "notes": {"worker": "No worker is running: tasks wait."}}'
    async with (
        served(Service("training", note=note)) as url,
        gateways(**{f"{name}_url": url for name in TOTALS}) as gateway,
    ):
        found = await health(gateway)

    assert found.status == "ready"
    assert found.services["training"].detail == "No worker is running: tasks wait."
    assert found.services["training"].notes == ["worker"]


async def test_a_service_that_is_not_there_yet_is_starting(gateways: Gateways) -> None:
    async with gateways(training_url=nowhere()) as gateway:
        found = await health(gateway)

    assert found.status == "starting"
    assert found.services["training"].status == "starting"
    assert found.services["training"].detail == "No answer: ClientConnectorError."


async def test_later_it_is_down(gateways: Gateways, monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway.health.STARTING_S", 0.0)
    async with (
        served(Service("registry", ready=False)) as url,
        gateways(registry_url=url, training_url=nowhere()) as gateway,
    ):
        found = await health(gateway)

    assert found.status == "degraded"
    assert found.services["registry"].detail == "database: OperationalError: locked"
    assert found.services["training"].status == "down"
    assert found.services["prediction"].status == "ready"


async def test_totals_come_from_every_service(gateways: Gateways) -> None:
    async with (
        served(Service("registry")) as registry,
        served(Service("training")) as training,
        served(Service("prediction")) as prediction,
        gateways(
            registry_url=registry, training_url=training, prediction_url=prediction
        ) as gateway,
    ):
        totals = Stats.model_validate_json((await gateway.get("/api/stats")).content)

    assert (totals.datasets, totals.series, totals.models, totals.versions) == (2, 900, 3, 5)
    assert totals.tasks is not None
    assert totals.tasks["succeeded"] == 4
    assert (totals.forecasts, totals.storage_bytes) == (6, 77)


async def test_totals_of_a_missing_service_are_null(gateways: Gateways) -> None:
    async with (
        served(Service("training")) as training,
        gateways(
            registry_url=nowhere(), training_url=training, prediction_url=nowhere()
        ) as gateway,
    ):
        totals = Stats.model_validate_json((await gateway.get("/api/stats")).content)

    assert totals.tasks is not None
    assert {totals.datasets, totals.forecasts, totals.storage_bytes} == {None}


async def test_the_gateway_itself_is_ready_without_any_service(gateways: Gateways) -> None:
    async with gateways(
        registry_url=nowhere(), training_url=nowhere(), prediction_url=nowhere()
    ) as gateway:
        assert (await gateway.get("/readyz")).json()["status"] == "ready"
        assert (await gateway.get("/livez")).status_code == 200


async def test_the_page_of_the_api_takes_everything_from_here(gateway: httpx.AsyncClient) -> None:
    page = await gateway.get("/api/docs")
    needed = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)

    assert "script-src 'self' 'sha256-" in page.headers["content-security-policy"]
    assert len(needed) == 2
    for address in needed:
        file = await gateway.get(address)
        assert file.status_code == 200
        assert len(file.content) > 100_000


async def test_the_page_has_no_other_files(gateway: httpx.AsyncClient) -> None:
    for path in ("/api/docs/core.py", "/api/docs/..%2fcore.py"):
        assert (await gateway.get(path)).status_code == 404


async def test_the_address_of_the_api_itself_leads_to_its_page(gateways: Gateways) -> None:
    async with gateways() as gateway:
        answers = [await gateway.get(path) for path in ("/api", "/api/")]

    assert [answer.status_code for answer in answers] == [307, 307]
    assert {answer.headers["location"] for answer in answers} == {"/api/docs"}
