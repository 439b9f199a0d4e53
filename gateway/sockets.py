"""Passes a WebSocket on to a service: messages both ways, subprotocol, close code and reason."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import structlog
from pydantic import ValidationError
from starlette.types import Message, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from gateway import heads, table
from gateway.guard import Guard
from gateway.heads import Head
from gateway.table import Target
from gateway.upstreams import Upstreams
from shared.contracts.problems import Problem
from shared.kit.app import REQUEST_ID, problem_response
from shared.kit.errors import AppError, Unavailable

log = structlog.get_logger()
OPEN_S = 5.0
CLOSE_S = 2.0
LARGEST_MESSAGE = 1 << 20
WAITING_MESSAGES = 16
TRY_AGAIN_LATER = 1013
GOING_AWAY = 1001
APPLICATION = 4000  # 4000 + an HTTP status: what a page cannot read from a refused handshake
_REASON_BYTES = 123
_HANDSHAKE = "sec-websocket-"
_UNKNOWN = (1005, 1006, 1015)  # never sent, only noticed


class _Refused(Exception):
    """The service does not open this WebSocket."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class _Connect(connect):
    """A connection that follows no redirect."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Sockets:
    """The way of every WebSocket to a service."""

    def __init__(self, upstreams: Upstreams, guard: Guard) -> None:
        self._upstreams = upstreams
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Live through one WebSocket."""
        await receive()  # websocket.connect
        request_id = scope["state"]["request_id"]
        try:
            head = heads.read(scope["headers"])
            self._guard.check_host(head)
            self._guard.check_page(head)
        except AppError as error:
            await _deny(scope, receive, send, error.problem(request_id))
            return
        refuse = _deny if head.origin is None else _accept_and_close
        try:
            target = table.find_socket(scope["raw_path"], scope["query_string"])
            async with self._upstream(scope, head, target) as upstream:
                await send({"type": "websocket.accept", "subprotocol": upstream.subprotocol})
                await _Pair(upstream, receive, send).live()
        except AppError as error:
            await refuse(scope, receive, send, error.problem(request_id))
        except _Refused as refused:
            await refuse(scope, receive, send, refused.problem)

    @asynccontextmanager
    async def _upstream(
        self, scope: Scope, head: Head, target: Target
    ) -> AsyncIterator[ClientConnection]:
        url = "ws" + self._upstreams.urls[target.service].removeprefix("http") + target.path
        kept = [pair for pair in head.kept if not pair[0].startswith(_HANDSHAKE)]
        headers = [*kept, *heads.forwarded(head, scope["client"], scope["scheme"])]
        headers.append(("x-request-id", scope["state"]["request_id"]))
        try:
            upstream = await _Connect(
                url,
                additional_headers=headers,
                subprotocols=[Subprotocol(name) for name in scope["subprotocols"]] or None,
                compression=None,
                user_agent_header=None,
                proxy=None,
                open_timeout=OPEN_S,
                close_timeout=CLOSE_S,
                max_size=LARGEST_MESSAGE,
                max_queue=WAITING_MESSAGES,
            )
        except (OSError, WebSocketException, ValueError) as error:
            raise _Refused(_explain(target, error, scope["state"]["request_id"])) from error
        try:
            yield upstream
        finally:
            await upstream.close(GOING_AWAY)


class _Pair:
    """A client and a service that talk to each other."""

    def __init__(self, upstream: ClientConnection, receive: Receive, send: Send) -> None:
        self._upstream = upstream
        self._receive = receive
        self._send = send

    async def live(self) -> None:
        """Pass messages on until one side closes, and tell the other side how."""
        to_service = asyncio.ensure_future(self._to_service())
        to_client = asyncio.ensure_future(self._to_client())
        both = {to_service, to_client}
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        if to_service in done:
            await self._upstream.close(*to_service.result())
        else:
            await self._close_client()

    async def _to_service(self) -> tuple[int, str]:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code") or GOING_AWAY
                return GOING_AWAY if code in _UNKNOWN else code, message.get("reason") or ""
            text: str | None = message.get("text")
            try:
                await self._upstream.send(message["bytes"] if text is None else text)
            except ConnectionClosed:
                await self._upstream.wait_closed()
                await asyncio.Future()  # the other direction knows the code and ends both

    async def _to_client(self) -> None:
        try:
            async for message in self._upstream:
                await self._send(_message(message))
        except ConnectionClosed:
            return
        except OSError as error:  # what a server raises for a client that has gone
            log.debug("the client has gone", error=repr(error))

    async def _close_client(self) -> None:
        code, reason = self._upstream.close_code, self._upstream.close_reason
        if code is None or code == 1006:
            code, reason = TRY_AGAIN_LATER, "The service went away. Connect again."
        elif code in _UNKNOWN:
            code = 1000
        with suppress(OSError):  # what a server raises for a client that has gone
            await self._send(_close(code, reason or ""))


def _message(message: str | bytes) -> Message:
    if isinstance(message, str):
        return {"type": "websocket.send", "text": message}
    return {"type": "websocket.send", "bytes": message}


def _close(code: int, reason: str) -> Message:
    short = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
    return {"type": "websocket.close", "code": code, "reason": short}


def _explain(target: Target, error: Exception, request_id: str) -> Problem:
    """Say why a service did not open a WebSocket: in its own words where it had some."""
    if not isinstance(error, InvalidStatus):
        log.warning("no websocket", service=target.service, error=repr(error))
        away = Unavailable(f"The {target.service} service does not answer. Connect again.")
        return away.problem(request_id)
    try:
        return Problem.model_validate_json(error.response.body or b"")
    except ValidationError:
        status = error.response.status_code
        return Problem(
            title=error.response.reason_phrase or "Refused",
            status=status if status in range(400, 600) else HTTPStatus.BAD_GATEWAY,
            detail=f"The {target.service} service refused this WebSocket with {status}.",
            request_id=request_id,
        )


async def _deny(scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
    """Refuse the handshake with the problem; programs can read it."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await problem_response(problem, {REQUEST_ID: scope["state"]["request_id"]})(
            scope, receive, send
        )
    else:
        await send({"type": "websocket.close"})


async def _accept_and_close(scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
    """Accept and close with a code that says why: all that a page can read is a close code."""
    offered: list[str] = scope["subprotocols"]
    with suppress(OSError):
        # a browser gives up on an answer without one of the subprotocols that it offered
        subprotocol = offered[0] if offered else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        away = problem.status == HTTPStatus.SERVICE_UNAVAILABLE
        code = TRY_AGAIN_LATER if away else APPLICATION + problem.status
        await send(_close(code, problem.detail))
