"""A request's body on its way to a service, and the news that the client has gone."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive

from gateway.heads import Head
from shared.kit.errors import TooLarge

SMALL = 64 * 1024
# A client that leaves within this time costs a service no more than the answer it was giving.
WATCH_AFTER_S = 0.25


class ClientGone(Exception):
    """The client has closed its connection; nobody waits for an answer."""


class Body:
    """Reads what the client sends; the only one that calls `receive`.

    While the body is read, its reader learns that the client has gone. After that, `watch` waits
    for it, but only for requests that take long: most are answered before it begins.
    """

    def __init__(self, receive: Receive, head: Head, most: int) -> None:
        self._receive = receive
        self._head = head
        self._most = most
        self._read_bytes = 0
        self._complete = not head.has_body
        self._owner = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.failure: ClientGone | TooLarge | None = None
        if head.length is not None and head.length > most:
            raise self._too_large()

    async def data(self) -> bytes | AsyncIterator[bytes] | None:
        """Return a small body whole and a large one in pieces.

        Raises:
            ClientGone: before a small one was whole.
        """
        if self._complete:
            return None
        if self._head.length is not None and self._head.length <= SMALL:
            return b"".join([piece async for piece in self._pieces()])
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        while not self._complete:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.failure = ClientGone()
                raise self.failure
            piece: bytes = message.get("body", b"")
            self._read_bytes += len(piece)
            if self._read_bytes > self._most:
                self.failure = self._too_large()
                raise self.failure
            self._complete = not message.get("more_body", False)
            if piece:
                yield piece

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The body is larger than {self._most:,} bytes, the most that this gateway takes. "
            "Send less, or start it with a larger SHELFCAST_MAX_REQUEST_BYTES."
        )

    def watch(self) -> None:
        """From a moment on, cancel the task that answers as soon as the client goes."""
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_S, self._begin)

    def _begin(self) -> None:
        if self._complete:
            self._watcher = asyncio.ensure_future(self._wait_until_gone())
        else:  # the body's reader sees it; look again when it may be done
            self.watch()

    async def _wait_until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.failure = ClientGone()
        if self._owner is not None:
            self._owner.cancel()

    def unwatch(self) -> None:
        """Stop watching; nothing is cancelled after this."""
        if self._timer is not None:
            self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
