"""The one place that builds HTTP clients: no cookies, no redirects, no proxies, clear errors."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import ValidationError

from shared.contracts.problems import Problem
from shared.kit.errors import AppError, Conflict, Invalid, NotFound, TooLarge, Unavailable

_KINDS: dict[int, type[AppError]] = {
    kind.status: kind for kind in (Conflict, Invalid, NotFound, TooLarge, Unavailable)
}
ATTEMPTS = 3


class ServiceClient:
    """A client of one service: it speaks the contracts and turns problems into our errors."""

    def __init__(
        self, name: str, base_url: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.name = name
        if transport is None:
            is_encrypted = base_url.startswith("https:")  # else no certificates are loaded: 3 MB
            transport = httpx.AsyncHTTPTransport(verify=is_encrypted, retries=ATTEMPTS - 1)
        self._http = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(30.0, connect=2.0),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and return a good response.

        Raises:
            AppError: what the service answered; `Unavailable` where it did not answer.
        """
        try:
            response = await self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise self._down() from error
        if response.is_success:
            return response
        raise self._refused(response)

    async def stream(self, path: str, **options: Any) -> AsyncIterator[bytes]:
        """Yield the body of a GET in pieces.

        Raises:
            AppError: as `send`.
        """
        try:
            async with self._http.stream("GET", path, **options) as response:
                if not response.is_success:
                    await response.aread()
                    raise self._refused(response)
                async for chunk in response.aiter_bytes(1 << 20):
                    yield chunk
        except httpx.TransportError as error:
            raise self._down() from error

    def _down(self) -> Unavailable:
        return Unavailable(f"The {self.name} service does not answer. Try again in a moment.")

    def _refused(self, response: httpx.Response) -> AppError:
        try:
            problem = Problem.model_validate_json(response.content)
        except ValidationError:
            problem = Problem(title="", status=response.status_code, detail=response.text[:200])
        kind = _KINDS.get(response.status_code)
        if kind is None:
            status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
            return Unavailable(f"The {self.name} service failed ({status}): {problem.detail}")
        return kind(problem.detail, errors=problem.errors)
