"""The FastAPI application that every service is: errors, request ids, readiness, one look."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from http import HTTPStatus
from importlib.metadata import version
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.problems import FieldError, Problem
from shared.kit import logs
from shared.kit.errors import PROBLEM_JSON, AppError, InsufficientStorage, Invalid
from shared.kit.settings import Settings

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Check = Callable[[], Awaitable[None]]
Note = Callable[[], Awaitable[str | None]]
VERSION = version("shelfcast")
REQUEST_ID = "x-request-id"
_REQUEST_ID = REQUEST_ID.encode()
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NUL = "An address may not hold the character NUL (%00): leave it out."
_NO_SPACE = 28  # errno.ENOSPC
log = structlog.get_logger()


def create_app(
    service: str,
    settings: Settings,
    routers: list[APIRouter],
    lifespan: Lifespan,
    checks: Mapping[str, Check] | None = None,
    notes: Mapping[str, Note] | None = None,
) -> FastAPI:
    """Build a service.

    Args:
        service: its name, the prefix of its operation ids.
        settings: its settings; `app.state.settings` for the routes.
        routers: its routes; those not in the OpenAPI document live under /internal.
        lifespan: opens and closes what the service needs.
        checks: by name, what must not raise for the service to be ready.
        notes: by name, what may be worth saying of a service that is ready.
    """

    @asynccontextmanager
    async def around(app: FastAPI) -> AsyncIterator[None]:
        logs.configure(settings, service)
        async with lifespan(app):
            log.info("ready", version=VERSION)
            yield

    app = FastAPI(
        title=f"Shelfcast {service}",
        version=VERSION,
        lifespan=around,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        responses={
            "default": {
                "description": "A problem (RFC 9457).",
                "model": Problem,
                "content": {PROBLEM_JSON: {}},
            }
        },
    )
    app.state.settings = settings
    for router in routers:
        app.include_router(router)
    app.include_router(_health(checks or {}, notes or {}))
    _handle_errors(app)
    app.add_middleware(NoNul)
    app.add_middleware(RequestId)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _health(checks: Mapping[str, Check], notes: Mapping[str, Note]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        failed: dict[str, str] = {}
        for name, check in checks.items():
            try:
                await check()
            except Exception as error:  # any failure means: not ready
                failed[name] = f"{type(error).__name__}: {error}"
        if failed:
            body = {"status": "down", "version": VERSION, "failed": failed}
            return JSONResponse(body, HTTPStatus.SERVICE_UNAVAILABLE)
        said: dict[str, str] = {}
        for name, note in notes.items():
            with suppress(Exception):  # what cannot be found out is not said
                if (words := await note()) is not None:
                    said[name] = words
        return JSONResponse({"status": "ready", "version": VERSION, "failed": {}, "notes": said})

    return router


class RequestId:
    """Give every request an id: the caller's if it is harmless, else a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(scope["headers"])
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (REQUEST_ID.encode(), request_id.encode()),
                ]
            await send(message)

        await self.app(scope, receive, send_with_id)


class NoNul:
    """Refuse addresses with the letter NUL, which PostgreSQL has no text with."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope.get("query_string", b"")
        if scope["type"] == "http" and (b"%00" in query or "\0" in scope["path"]):
            fields = [
                FieldError(pointer=pointer((name.replace("\0", ""),)), detail=_NUL)
                for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
                if "\0" in name + value
            ]
            refusal = Invalid(_NUL, errors=fields).problem(scope["state"].get("request_id"))
            await problem_response(refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def request_id_of(headers: list[tuple[bytes, bytes]]) -> str:
    """Return the caller's request id if it is harmless, else a new one."""
    for name, value in headers:
        if name == _REQUEST_ID:
            given = value.decode("latin-1")
            if _SAFE_ID.fullmatch(given):
                return given
    return token_hex(16)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Answer with problem details."""
    return JSONResponse(
        problem.model_dump(mode="json"),
        problem.status,
        headers=dict(headers or {}),
        media_type=PROBLEM_JSON,
    )


def _handle_errors(app: FastAPI) -> None:
    def request_id(request: Request) -> str | None:
        return getattr(request.state, "request_id", None)

    @app.exception_handler(AppError)
    async def expected(request: Request, error: AppError) -> JSONResponse:
        return problem_response(error.problem(request_id(request)), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem_response(_validation(error, request_id(request)))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        phrase = HTTPStatus(error.status_code).phrase
        problem = Problem(
            title=phrase,
            status=error.status_code,
            detail=str(error.detail or phrase),
            request_id=request_id(request),
        )
        return problem_response(problem, error.headers)

    @app.exception_handler(OSError)
    async def disk(request: Request, error: OSError) -> JSONResponse:
        if error.errno == _NO_SPACE:
            full = InsufficientStorage("The disk is full; nothing was stored. Free some space.")
            return problem_response(full.problem(request_id(request)))
        return await unexpected(request, error)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("request failed", path=request.url.path, exc_info=error)
        problem = Problem(
            title="Internal Server Error",
            status=500,
            detail="Something went wrong here, not with your request. The log has more.",
            request_id=request_id(request),
        )
        # Starlette answers this one outside of our middleware, so the header is set here
        return problem_response(problem, {REQUEST_ID: problem.request_id or ""})


def _validation(error: RequestValidationError, request_id: str | None) -> Problem:
    errors = [FieldError(pointer=pointer(e["loc"]), detail=e["msg"]) for e in error.errors()]
    where = ", ".join(e.pointer or "the body" for e in errors[:3])
    return Problem(
        title="Unprocessable Content",
        status=422,
        detail=f"Please correct {where}: {errors[0].detail}." if errors else "Invalid request.",
        request_id=request_id,
        errors=errors,
    )


def pointer(location: tuple[Any, ...]) -> str:
    """Write pydantic's location as a JSON pointer, without where the field travelled."""
    parts = location[1:] if location and location[0] in ("body", "query", "path") else location
    path = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
    return path.encode(errors="backslashreplace").decode()  # half a pair is no text to send
