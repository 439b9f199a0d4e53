"""How the system is: readiness of each service, and totals for the dashboard."""

from typing import Literal

from pydantic import Field, FiniteFloat

from shared.contracts.base import Reply


class ServiceHealth(Reply):
    """One service as the gateway sees it."""

    status: Literal["ready", "starting", "down"]
    detail: str | None = None
    notes: list[str] = Field(
        default=[],
        description="What `detail` is about where a service is ready: `worker`, no worker runs.",
    )
    milliseconds: FiniteFloat | None = None


class Health(Reply):
    """The whole system: ready when every service is."""

    status: Literal["ready", "starting", "degraded"]
    version: str
    services: dict[str, ServiceHealth]


class Stats(Reply):
    """Totals; a count is `null` where its service is down."""

    datasets: int | None
    series: int | None
    models: int | None
    versions: int | None
    tasks: dict[str, int] | None
    forecasts: int | None
    storage_bytes: int | None
