"""Passes a request on to a service and the response back, both as streams, neither changed."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientResponse,
    ClientResponseError,
    ConnectionTimeoutError,
    SocketTimeoutError,
)
from starlette.types import Receive, Scope, Send
from yarl import URL

from gateway.body import Body, ClientGone
from gateway.heads import Head, forwarded, returned
from gateway.refusals import BadGateway, GatewayTimeout
from gateway.table import Service, Target
from gateway.upstreams import Upstreams
from shared.kit.errors import AppError, Unavailable

log = structlog.get_logger()


class Proxy:
    """The way of every HTTP request to a service."""

    def __init__(self, upstreams: Upstreams, most: int) -> None:
        self._upstreams = upstreams
        self._most = most

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, target: Target, head: Head
    ) -> None:
        """Answer with what the service answers.

        Raises:
            AppError: it did not answer; nothing was sent to the client.
        """
        body = Body(receive, head, self._most)
        response: ClientResponse | None = None
        try:
            data = await body.data()
            body.watch()
            response = await self._ask(scope, target, head, data, body)
            await self._answer(scope, send, target.service, response)
        except ClientGone:
            return
        except asyncio.CancelledError:
            if not isinstance(body.failure, ClientGone):
                raise
            _forget_cancellation()
        finally:
            body.unwatch()
            if response is not None:
                response.close()  # of a response that has been read, the connection is kept

    async def _ask(
        self,
        scope: Scope,
        target: Target,
        head: Head,
        data: bytes | AsyncIterator[bytes] | None,
        body: Body,
    ) -> ClientResponse:
        headers = head.kept
        headers += forwarded(head, scope["client"], scope["scheme"])
        headers.append(("x-request-id", scope["state"]["request_id"]))
        if head.length is not None:
            headers.append(("content-length", str(head.length)))
        try:
            return await self._upstreams.session.request(
                scope["method"],
                URL(self._upstreams.urls[target.service] + target.path, encoded=True),
                headers=headers,
                data=data,
                allow_redirects=False,
            )
        except (ClientError, OSError) as error:
            raise (body.failure or _explain(target.service, error)) from error

    async def _answer(
        self, scope: Scope, send: Send, service: Service, response: ClientResponse
    ) -> None:
        base, request_id = self._upstreams.urls[service], scope["state"]["request_id"]
        headers = returned(response.raw_headers, response.status, base, request_id)
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        content = response.content
        try:
            more = True
            while more:
                piece = await content.readany()
                more = not content.at_eof()
                await send({"type": "http.response.body", "body": piece, "more_body": more})
        except (ClientError, OSError) as error:
            # The status is sent: the server now cuts the connection, which tells the client that
            # this is not the whole body.
            log.warning(
                "a service broke off", service=service, request_id=request_id, error=repr(error)
            )


def _explain(service: Service, error: Exception) -> AppError:
    if isinstance(error, SocketTimeoutError):
        return GatewayTimeout(
            f"The {service} service took the request and did not answer in time. "
            "It may still be working on it: look before you ask again."
        )
    if isinstance(error, ConnectionTimeoutError):
        return Unavailable(f"The {service} service is too busy or away. Try again in a moment.")
    if isinstance(error, ClientResponseError):
        log.error("a service does not speak HTTP", service=service, error=repr(error))
        return BadGateway(f"The {service} service gave an answer that cannot be read.")
    if not isinstance(error, ClientConnectionError):
        log.error("a service cannot be asked", service=service, error=repr(error))
    return Unavailable(
        f"The {service} service does not answer. Try again in a moment; if it stays so, "
        "look into its log."
    )


def _forget_cancellation() -> None:
    """Go on after a cancellation that only meant that the client has gone."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
