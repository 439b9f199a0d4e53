"""The client of the public API: what every command but `up` stands on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from shared.clients.http import ServiceClient
from shared.contracts.base import Page, Reply
from shared.contracts.datasets import Dataset, Mapping, SampleRequest
from shared.contracts.forecasts import Forecast, ForecastRequest, ForecastSummary
from shared.contracts.models import Model
from shared.contracts.system import Health
from shared.contracts.tasks import ANY_EVENT, FINAL, Algorithm, Event, StatusEvent, Task
from shared.contracts.tasks import TrainingRequest as NewTraining
from shared.kit.errors import NotFound, Unavailable

Shape = TypeVar("Shape", bound=BaseModel)
PAGE = 200
LOST_AFTER_S = 60.0
RETRY_S = 0.5
UNKNOWN_TASK = 4404  # the code that closes the WebSocket of a task that does not exist
LONG = httpx.Timeout(600.0, connect=2.0)  # a large upload, a sample of millions of rows


class Algorithms(Reply):
    """The list of algorithms: short, so it has no pages."""

    items: list[Algorithm]


class Api(ServiceClient):
    """Typed calls of the API behind one address."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        super().__init__("Shelfcast", f"{self.url}/api", transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def health(self) -> Health:
        """Return how the system is; the answer may have the status 503."""
        try:
            response = await self._http.get("/health")
        except httpx.TransportError as error:
            raise self._down() from error
        return self._read(Health, response)

    async def make_sample(self, request: SampleRequest) -> Dataset:
        """Make and store a sample dataset."""
        response = await self._post("/sample-data", request, timeout=LONG)
        return self._read(Dataset, response)

    async def upload(
        self, file: IO[bytes], filename: str, name: str, mapping: Mapping | None
    ) -> Dataset:
        """Send a file as a new dataset version, piece by piece."""
        fields = {"name": name}
        if mapping is not None:
            fields["mapping"] = mapping.model_dump_json()
        response = await self.send(
            "POST", "/upload", data=fields, files={"file": (filename, file)}, timeout=LONG
        )
        return self._read(Dataset, response)

    async def datasets(self) -> list[Dataset]:
        """Return all datasets, newest first."""
        return [item async for item in self._all(Dataset, "/datasets")]

    async def dataset(self, name_or_id: str) -> Dataset:
        """Return a dataset by its id, or the newest version by its name.

        Raises:
            NotFound: there is neither.
        """
        try:
            wanted = UUID(name_or_id)
        except ValueError:
            async for dataset in self._all(Dataset, "/datasets"):
                if dataset.name == name_or_id:
                    return dataset
            raise NotFound(
                f"There is no dataset {name_or_id!r}: `shelfcast datasets` lists them."
            ) from None
        return self._read(Dataset, await self.send("GET", f"/datasets/{wanted}"))

    async def algorithms(self) -> list[Algorithm]:
        """Return every algorithm that the server knows."""
        return self._read(Algorithms, await self.send("GET", "/algorithms")).items

    async def train(self, request: NewTraining) -> Task:
        """Start a training."""
        return self._read(Task, await self._post("/training", request))

    async def task(self, task_id: UUID) -> Task:
        """Return a task as it stands."""
        return self._read(Task, await self.send("GET", f"/tasks/{task_id}"))

    async def tasks(self) -> list[Task]:
        """Return all tasks, newest first."""
        return [item async for item in self._all(Task, "/tasks")]

    async def cancel(self, task_id: UUID) -> Task:
        """Ask a task to stop."""
        return self._read(Task, await self.send("POST", f"/tasks/{task_id}/cancel"))

    async def repeat(self, task_id: UUID) -> Task:
        """Train again as a task did, by the times it noted."""
        return self._read(Task, await self.send("POST", f"/tasks/{task_id}/repeat"))

    async def models(self) -> list[Model]:
        """Return all models, newest first."""
        return [item async for item in self._all(Model, "/models")]

    async def forecast(self, request: ForecastRequest) -> Forecast:
        """Make a forecast now."""
        return self._read(Forecast, await self._post("/prediction", request, timeout=LONG))

    async def forecasts(self) -> list[ForecastSummary]:
        """Return the history of forecasts, newest first."""
        return [item async for item in self._all(ForecastSummary, "/prediction")]

    async def export(self, forecast_id: UUID, kind: str, to: Path) -> None:
        """Write a forecast as csv, xlsx or parquet into a file; all of it or nothing."""
        part = to.with_name(f"{to.name}.part")
        chunks = self.stream(f"/prediction/{forecast_id}/export", params={"format": kind})
        try:
            with part.open("wb") as out:
                async for chunk in chunks:
                    out.write(chunk)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)

    async def events(self, task_id: UUID, after: str = "0") -> AsyncIterator[Event]:
        """Yield a task's events up to the final status, over lost connections too.

        Raises:
            NotFound: there is no such task.
            Unavailable: the server stayed away for a minute; the task itself goes on.
        """
        deadline = _now() + LOST_AFTER_S
        while True:
            try:
                async with connect(
                    self._events_url(task_id, after), proxy=None, max_size=None
                ) as socket:
                    async for message in socket:
                        event = ANY_EVENT.validate_json(message)
                        after, deadline = event.id or after, _now() + LOST_AFTER_S
                        yield event
                        if isinstance(event, StatusEvent) and event.status in FINAL:
                            return
            except ConnectionClosed as error:
                if error.rcvd is not None and error.rcvd.code == UNKNOWN_TASK:
                    raise NotFound(error.rcvd.reason) from error
            except (OSError, WebSocketException):
                pass  # the gateway restarts or the network blinked: ask again from `after`
            if _now() > deadline:
                raise self._down()
            await asyncio.sleep(RETRY_S)

    def _events_url(self, task_id: UUID, after: str) -> str:
        address = "ws" + self.url.removeprefix("http")
        return f"{address}/api/tasks/{task_id}/events?after={quote(after)}"

    async def _post(self, path: str, body: BaseModel, **options: Any) -> httpx.Response:
        return await self.send(
            "POST",
            path,
            content=body.model_dump_json(),
            headers={"content-type": "application/json"},
            **options,
        )

    async def _all(self, shape: type[Shape], path: str) -> AsyncIterator[Shape]:
        token: str | None = None
        while True:
            params = {"page_size": PAGE} | ({"page_token": token} if token else {})
            response = await self.send("GET", path, params=params)
            page = self._read(Page[shape], response)  # type: ignore[valid-type]
            for item in page.items:
                yield item
            token = page.next_page_token
            if token is None:
                return

    def _read(self, shape: type[Shape], response: httpx.Response) -> Shape:
        try:
            return shape.model_validate_json(response.content)
        except ValidationError as error:
            raise Unavailable(
                f"What answers at {self.url} does not speak this version of Shelfcast's API."
            ) from error

    def _down(self) -> Unavailable:
        return Unavailable(
            f"Shelfcast does not answer at {self.url}. Start it with `shelfcast up`, "
            "or say where it is with SHELFCAST_URL."
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
