"""The ASGI application: looks at every request once, then gives it to the one who answers it.

Requests for services bypass FastAPI: they are only checked and passed on.
"""

from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import heads, table
from gateway.guard import Guard
from gateway.heads import Head
from gateway.proxy import Proxy
from gateway.refusals import MethodNotAllowed
from gateway.sockets import Sockets
from shared.kit.app import REQUEST_ID, problem_response, request_id_of
from shared.kit.errors import AppError

PROBES = frozenset(("/livez", "/readyz"))
DOCS = f"{table.PREFIX}/docs/"


class Door:
    """Everything comes in here."""

    def __init__(
        self,
        app: FastAPI,
        own_paths: frozenset[str],
        web: ASGIApp,
        guard: Guard,
        proxy: Proxy,
        sockets: Sockets,
    ) -> None:
        self.app = app
        self._own = own_paths
        self._web = web
        self._guard = guard
        self._proxy = proxy
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through one WebSocket or the lifespan."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id_of(scope["headers"])
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        try:
            await self._http(scope, receive, send)
        except AppError as error:
            await _problem(error, scope["state"]["request_id"])(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path in PROBES:
            await self.app(scope, receive, send)
            return
        head = self._checked(scope)
        if path in self._own or path.startswith(DOCS):
            await self.app(scope, receive, send)
        elif path.startswith(table.PREFIX) and path[len(table.PREFIX) :][:1] in ("", "/"):
            target = table.find(scope["method"], scope["raw_path"], scope["query_string"])
            await self._proxy(scope, receive, send, target, head)
        else:
            await self._web(scope, receive, send)

    def _checked(self, scope: Scope) -> Head:
        head = heads.read(scope["headers"])
        self._guard.check_host(head)
        self._guard.check_origin(head, scope["method"])
        return head


def _problem(error: AppError, request_id: str) -> JSONResponse:
    headers = {**error.headers, REQUEST_ID: request_id}
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = error.allow
    return problem_response(error.problem(request_id), headers)
