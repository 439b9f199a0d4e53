"""The WebSocket edge: events of one task, replayed from any place, then live until the end."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from redis.exceptions import RedisError
from starlette.websockets import WebSocketState

from services.training import tasks
from services.training.orders import Counter
from services.training.tables import TaskRow
from shared.contracts.tasks import FINAL
from shared.kit import events
from shared.kit.background import end
from shared.kit.database import now
from shared.kit.errors import AppError, NotFound

ENDED = 1000
TRY_AGAIN = 1013
TELLING = timedelta(seconds=5)  # a task's end is stored first, then told
REASON_BYTES = 123
router = APIRouter()


@router.websocket("/tasks/{task_id}/events")
async def watch_task(websocket: WebSocket, task_id: str, after: str = events.BEGINNING) -> None:
    """Send every event after `after`, and close with 1000 after the final status.

    An unknown task closes with 4404, a wrong `after` with 4422, a queue that does not answer
    with 1013: come back with the last id seen.
    """
    await websocket.accept()
    sending = asyncio.create_task(_send_all(websocket, task_id, after))
    leaving = asyncio.create_task(_until_gone(websocket))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            code, reason = sending.result()
            await _close(websocket, code, reason)
    finally:
        await end(sending, leaving)


async def _until_gone(websocket: WebSocket) -> None:
    """Return when the client has left; what it says is of no interest."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    if websocket.client_state == WebSocketState.CONNECTED:
        cut = reason.encode()[:REASON_BYTES].decode(errors="ignore")
        await websocket.close(code, cut)


async def _send_all(websocket: WebSocket, task_id: str, after: str) -> tuple[int, str]:
    """Send events and return how to close."""
    try:
        await _send_events(websocket, _parsed(task_id), events.place(after))
    except (WebSocketDisconnect, RuntimeError):  # it left while something was being sent
        return ENDED, ""
    except AppError as error:
        return 4000 + error.status, error.detail
    except (RedisError, OSError):
        return TRY_AGAIN, "The task queue does not answer. Come back with the last id seen."
    return ENDED, "The task has ended."


def _parsed(task_id: str) -> UUID:
    try:
        return UUID(task_id)
    except ValueError:
        raise NotFound(f"There is no task {task_id[:40]}.") from None


async def _send_events(websocket: WebSocket, task_id: UUID, after: str) -> None:
    counter: Counter = websocket.app.state.counter
    row = await tasks.get(counter.database, task_id)
    following = events.follow(counter.queue.redis, websocket.app.state.bells, task_id, after)
    async with aclosing(following) as batches:
        async for batch in batches:
            for event in batch:
                await websocket.send_text(event.model_dump_json())
                after = event.id
            if batch:
                continue
            row = await tasks.get(counter.database, task_id)
            if row.status in FINAL and not await _on_its_way(counter, row):
                # the final event is seen already, expired, or never told
                last = tasks.status_event(row).model_copy(update={"id": after})
                await websocket.send_text(last.model_dump_json())
                return


async def _on_its_way(counter: Counter, row: TaskRow) -> bool:
    """Say whether a task has ended just now, and its final event may still be coming."""
    if row.finished_at is None or now() - row.finished_at > TELLING:
        return False
    last = await events.latest(counter.queue.redis, row.id)
    return last is not None and not events.is_final(last)
