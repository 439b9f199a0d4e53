"""A service that answers what a test asks for, written against bare ASGI so that nothing helps it.

What it does is chosen by the last segment of the path; what it was asked is kept in `seen`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


class Upstream:
    """The upstream of a test."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[Scope] = []
        self.bodies: list[bytes] = []
        self.received = 0
        self.go_on = asyncio.Event()
        self.first_piece = asyncio.Event()
        self.client_gone = asyncio.Event()
        self.closed_with: list[tuple[int, str]] = []
        self.events = 10

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the last request."""
        return {name.decode(): value.decode() for name, value in self.seen[-1]["headers"]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        self.seen.append(scope)
        action = scope["path"].rpartition("/")[2].replace("-", "_")
        kind = "socket" if scope["type"] == "websocket" else "http"
        handler: Handler = getattr(self, f"{kind}_{action}", getattr(self, f"{kind}_echo"))
        await handler(scope, receive, send)

    # requests

    async def http_echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        asked = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "body_bytes": len(body),
        }
        await answer(send, json.dumps(asked).encode(), {"content-type": "application/json"})

    async def http_slowly(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, {"content-type": "text/plain"})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await self.go_on.wait()
        await send({"type": "http.response.body", "body": b" last", "more_body": False})

    async def http_endless(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, {})

        async def pour() -> None:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
                self.received += 65536
                await asyncio.sleep(0)

        await self._until_gone(receive, pour())

    async def http_silent(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._until_gone(receive, asyncio.sleep(3600))

    async def _until_gone(self, receive: Receive, work: Any) -> None:
        task = asyncio.ensure_future(work)
        while (await receive())["type"] != "http.disconnect":
            pass
        task.cancel()
        self.client_gone.set()

    async def http_upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.client_gone.set()
                return
            self.received += len(message.get("body", b""))
            self.first_piece.set()
            if not message.get("more_body"):
                break
        await answer(send, str(self.received).encode(), {})

    async def http_too_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"too large", {}, status=413)

    async def http_cookie(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"", {"set-cookie": "user=a; Path=/"})

    async def http_redirect(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"", {"location": f"{self.url}/models/elsewhere"}, status=307)

    async def http_accepted(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"{}", {"location": "/tasks/1"}, status=202)

    async def http_empty(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, {"etag": '"1"'}, status=304)
        await send({"type": "http.response.body", "body": b""})

    async def http_packed(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"content-encoding": "gzip", "connection": "x-private", "x-private": "1"}
        await answer(send, b"not really gzip", headers)

    async def http_broken(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, {"content-length": "1000"})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ConnectionError("the service breaks off")

    # WebSockets

    async def socket_echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        offered = scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": offered[-1] if offered else None})
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.closed_with.append((message["code"], message.get("reason", "")))
                self.client_gone.set()
                return
            await send({**message, "type": "websocket.send"})

    async def socket_events(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Replay the events after `?after=`, then end with the final status' close code."""
        await receive()
        await send({"type": "websocket.accept"})
        after = int(scope["query_string"].decode().partition("after=")[2] or 0)
        for number in range(after + 1, self.events + 1):
            await send({"type": "websocket.send", "text": json.dumps({"id": str(number)})})
        await send({"type": "websocket.close", "code": 1000, "reason": "ended"})

    async def socket_gone(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4410, "reason": "the task is gone"})

    async def socket_refused(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        problem = {"title": "Not Found", "status": 404, "detail": "There is no such task."}
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
        await send({"type": "websocket.http.response.body", "body": json.dumps(problem).encode()})

    async def socket_crash(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})


async def start(send: Send, headers: dict[str, str], status: int = 200) -> None:
    """Send the head of an answer."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def answer(send: Send, body: bytes, headers: dict[str, str], status: int = 200) -> None:
    """Send a whole answer."""
    await start(send, {**headers, "content-length": str(len(body))}, status)
    last: Message = {"type": "http.response.body", "body": body}
    await send(last)
