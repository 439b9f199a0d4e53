"""Too many ask, one takes too long, a client leaves: the others are served all the same."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.prediction import answers, forecasts
from services.prediction.settings import PredictionSettings
from shared.contracts.datasets import Dataset
from shared.forecasting import FittedModel
from tests.services.prediction.examples import sales
from tests.services.prediction.registry import Registry

MODEL = "naive"


@pytest.fixture
async def dataset(registry: Registry, naive: FittedModel) -> Dataset:
    dataset = await registry.add_dataset(sales())
    await registry.publish(naive, dataset, MODEL)
    return dataset


async def ask(prediction: AsyncClient, **request: Any) -> Response:
    return await prediction.post("/prediction", json={"model": MODEL, **request})


async def count(prediction: AsyncClient) -> int:
    return int((await prediction.get("/internal/stats")).json()["forecasts"])


class Slow:
    """Forecasts that wait until they are let through."""

    def __init__(self) -> None:
        self.started = 0
        self.gate = threading.Event()
        self.real: Callable[..., Any] = answers.answer

    def __call__(self, *arguments: Any) -> Any:
        self.started += 1
        self.gate.wait(60)
        return self.real(*arguments)


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    with patch.object(forecasts, "answer", slow):
        yield slow
        slow.gate.set()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


@pytest.fixture
def settings(tmp_path: Path) -> PredictionSettings:
    return PredictionSettings(
        data=tmp_path / "prediction", prediction_threads=1, prediction_queue=2
    )


async def test_a_full_line_answers_at_once_that_it_is_full(
    prediction: AsyncClient, dataset: Dataset, slow: Slow
) -> None:
    waiting = [asyncio.create_task(ask(prediction)) for _ in range(2)]
    await until(lambda: slow.started == 1)

    answer = await ask(prediction)
    slow.gate.set()

    assert answer.status_code == 429
    assert answer.headers["retry-after"]
    assert [(await one).status_code for one in waiting] == [200, 200]
    assert (await ask(prediction)).status_code == 200


async def test_the_service_answers_while_a_forecast_is_computed(
    prediction: AsyncClient, dataset: Dataset, slow: Slow
) -> None:
    waiting = asyncio.create_task(ask(prediction))
    await until(lambda: slow.started == 1)

    assert (await prediction.get("/livez")).status_code == 200
    assert (await prediction.get("/prediction")).status_code == 200

    slow.gate.set()
    assert (await waiting).status_code == 200


class Leaving:
    """A client of the app that leaves when told to."""

    def __init__(self, app: FastAPI, body: bytes) -> None:
        self.app = app
        self.body: bytes | None = body
        self.left = asyncio.Event()
        self.messages: list[dict[str, Any]] = []

    async def run(self) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/prediction",
            "raw_path": b"/prediction",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
        }
        await self.app(scope, self._receive, self._send)  # type: ignore[arg-type]

    async def _receive(self) -> dict[str, Any]:
        if self.body is not None:
            body, self.body = self.body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.messages.append(message)


async def test_what_has_not_started_is_dropped_when_its_client_leaves(
    app: FastAPI, prediction: AsyncClient, dataset: Dataset, slow: Slow
) -> None:
    first = asyncio.create_task(ask(prediction))
    await until(lambda: slow.started == 1)
    client = Leaving(app, b'{"model": "naive"}')
    leaving = asyncio.create_task(client.run())
    await until(lambda: client.body is None)
    await asyncio.sleep(0.1)  # it is in line behind the first one

    client.left.set()
    await leaving
    slow.gate.set()

    assert (await first).status_code == 200
    assert slow.started == 1
    assert await count(prediction) == 1
    assert client.messages[0]["status"] == 499


async def test_a_client_that_leaves_while_it_is_computed_leaves_nothing_behind(
    app: FastAPI, prediction: AsyncClient, dataset: Dataset, slow: Slow
) -> None:
    client = Leaving(app, b'{"model": "naive"}')
    leaving = asyncio.create_task(client.run())
    await until(lambda: slow.started == 1)

    client.left.set()
    await leaving
    slow.gate.set()

    assert (await ask(prediction)).status_code == 200
    assert await count(prediction) == 1


class TestDeadline:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> PredictionSettings:
        return PredictionSettings(data=tmp_path / "prediction", prediction_deadline_s=0.5)

    async def test_a_forecast_that_takes_too_long_is_given_up(
        self, prediction: AsyncClient, dataset: Dataset, slow: Slow
    ) -> None:
        answer = await ask(prediction)

        assert answer.status_code == 504
        assert "0.5 s" in answer.json()["detail"]
        assert await count(prediction) == 0


async def test_the_service_lives_at_once_and_is_ready_when_the_engine_is(
    prediction: AsyncClient,
) -> None:
    assert (await prediction.get("/livez")).status_code == 200

    async def ready() -> int:
        return (await prediction.get("/readyz")).status_code

    while await ready() != 200:
        await asyncio.sleep(0.01)


async def test_importing_the_service_does_not_import_torch() -> None:
    code = (
        "import sys; from services.prediction.main import build; build().openapi();"
        "print('torch' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()

    assert output.strip() == b"False"


class TestEngineThatCannotStart:
    @pytest.fixture(autouse=True)
    def _no_such_device(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHELFCAST_DEVICE", "abacus")

    async def test_it_says_why_and_keeps_what_was_made_readable(
        self, prediction: AsyncClient, dataset: Dataset
    ) -> None:
        refused = await ask(prediction)
        ready = await prediction.get("/readyz")

        assert (refused.status_code, ready.status_code) == (503, 503)
        assert "abacus" in refused.json()["detail"]
        assert "abacus" in ready.json()["failed"]["engine"]
        assert (await prediction.get("/prediction")).status_code == 200
