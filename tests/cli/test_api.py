"""The API client: events over lost connections, and servers that are not ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from cli import api as module
from cli.api import Api
from shared.contracts.tasks import EpochEvent, Event, StatusEvent, TaskStatus
from shared.kit.errors import NotFound, Unavailable

TASK = UUID("00000000-0000-4000-8000-000000000001")


def story() -> list[Event]:
    """Return what happens to a task, numbered as it is stored."""
    epochs = [
        EpochEvent(
            id=str(n), number=n, total=5, train_loss=1 / n, validation_loss=None, progress=n / 5,
            seconds=0.1,
        )
        for n in range(1, 6)
    ]  # fmt: skip
    return [*epochs, StatusEvent(id="6", status=TaskStatus.succeeded, progress=1.0)]


@asynccontextmanager
async def server(cut_after: int) -> AsyncIterator[str]:
    """Tell the story from `after` on, and cut the connection after some events."""

    async def tell(socket: ServerConnection) -> None:
        assert socket.request is not None
        if str(TASK) not in socket.request.path:
            await socket.close(4404, "There is no such task.")
            return
        after = int(parse_qs(urlsplit(socket.request.path).query)["after"][0])
        for event in story()[after : after + cut_after]:
            await socket.send(event.model_dump_json())
        if after + cut_after < len(story()):
            socket.transport.abort()

    async with serve(tell, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("cut_after", [1, 2, 4, 6])
async def test_no_event_is_lost_or_doubled_over_lost_connections(
    cut_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.0)
    async with server(cut_after) as url, Api(url) as api:
        seen = [event async for event in api.events(TASK)]

    assert [event.id for event in seen] == ["1", "2", "3", "4", "5", "6"]


async def test_an_unknown_task_has_no_events() -> None:
    async with server(cut_after=1) as url, Api(url) as api:
        with pytest.raises(NotFound, match="There is no such task"):
            await anext(aiter(api.events(uuid4())))


async def test_a_server_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOST_AFTER_S", 0.0)
    async with Api("http://127.0.0.1:9") as api:
        with pytest.raises(Unavailable, match="does not answer at"):
            await anext(aiter(api.events(TASK)))


async def test_a_server_of_something_else_is_recognised() -> None:
    page = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>"))
    async with Api("http://127.0.0.1:9", transport=page) as api:
        with pytest.raises(Unavailable, match="does not speak"):
            await api.models()
