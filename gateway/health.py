"""How the whole system is: every service is asked at once, and no answer is an answer too."""

import asyncio
import json
import time
from http import HTTPStatus

from aiohttp import ClientError, ClientTimeout

from gateway.table import Service
from gateway.upstreams import Upstreams
from shared.contracts.system import Health, ServiceHealth, Stats
from shared.kit.app import VERSION

PATIENCE = ClientTimeout(total=2.0)
STARTING_S = 30.0  # for so long after the gateway's start, a missing service is still starting


class Observer:
    """Asks the services how they are and what they hold."""

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams
        self._born = time.monotonic()

    async def health(self) -> Health:
        """Return the readiness of each service; never fails."""
        names = list(self._upstreams.urls)
        found = await asyncio.gather(*(self._look(name) for name in names))
        states = {service.status for service in found}
        return Health(
            status="degraded" if "down" in states else max(states),  # starting over ready
            version=VERSION,
            services=dict(zip(names, found, strict=True)),
        )

    async def _look(self, service: Service) -> ServiceHealth:
        begun = time.perf_counter()
        try:
            status, body = await self._get(service, "/readyz")
        except (ClientError, OSError) as error:
            return ServiceHealth(
                status=self._missing(), detail=f"No answer: {type(error).__name__}."
            )
        took = round((time.perf_counter() - begun) * 1000, 2)
        if status == HTTPStatus.OK:
            notes = _notes(body)
            return ServiceHealth(
                status="ready",
                detail=" ".join(notes.values()) or None,
                notes=list(notes),
                milliseconds=took,
            )
        return ServiceHealth(status=self._missing(), detail=_reason(body), milliseconds=took)

    def _missing(self) -> str:
        return "starting" if time.monotonic() - self._born < STARTING_S else "down"

    async def stats(self) -> Stats:
        """Return the totals of all services; `null` where one does not answer."""
        registry, training, prediction = await asyncio.gather(
            self._totals("registry"), self._totals("training"), self._totals("prediction")
        )
        stored = [_count(totals, "storage_bytes") for totals in (registry, prediction)]
        return Stats(
            datasets=_count(registry, "datasets"),
            series=_count(registry, "series"),
            models=_count(registry, "models"),
            versions=_count(registry, "versions"),
            tasks=training,
            forecasts=_count(prediction, "forecasts"),
            storage_bytes=None if None in stored else sum(filter(None, stored)),
        )

    async def _totals(self, service: Service) -> dict[str, int] | None:
        try:
            status, body = await self._get(service, "/internal/stats")
            return dict(json.loads(body)) if status == HTTPStatus.OK else None
        except (ClientError, OSError, ValueError, TypeError):
            return None

    async def _get(self, service: Service, path: str) -> tuple[int, bytes]:
        url = self._upstreams.urls[service] + path
        async with self._upstreams.session.get(
            url, timeout=PATIENCE, allow_redirects=False
        ) as response:
            return response.status, await response.read()


def _count(totals: dict[str, int] | None, name: str) -> int | None:
    return totals.get(name) if totals else None


def _notes(body: bytes) -> dict[str, str]:
    """Return what is worth knowing of a service that is ready, by what it is about."""
    try:
        return {str(name): str(words) for name, words in json.loads(body)["notes"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _reason(body: bytes) -> str:
    """Say which of a service's checks failed."""
    try:
        failed = json.loads(body)["failed"]
        return "; ".join(f"{name}: {why}" for name, why in failed.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return "Not ready."
