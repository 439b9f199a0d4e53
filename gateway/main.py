"""The gateway, put together: FastAPI for its own routes, a raw ASGI proxy for everyone else's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from gateway import docs, routes
from gateway.door import Door
from gateway.guard import Guard
from gateway.health import Observer
from gateway.proxy import Proxy
from gateway.settings import GatewaySettings
from gateway.sockets import Sockets
from gateway.table import PREFIX
from gateway.upstreams import Upstreams
from gateway.web import WebApp
from shared.kit.app import REQUEST_ID, create_app

OWN = ("", "health", "stats", "openapi.json", "docs")


def build(settings: GatewaySettings | None = None) -> ASGIApp:
    """Return the gateway as one ASGI application."""
    settings = settings or GatewaySettings()
    upstreams = Upstreams(settings)
    app = build_own(settings, upstreams)
    guard = Guard(settings)
    door = Door(
        app,
        frozenset((PREFIX, *(f"{PREFIX}/{name}" for name in OWN))),
        WebApp(settings.web),
        guard,
        Proxy(upstreams, settings.max_request_bytes),
        Sockets(upstreams, guard),
    )
    if not settings.allowed_origins:
        return door
    return CORSMiddleware(
        door,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["*"],
        expose_headers=["location", "retry-after", "content-disposition", REQUEST_ID],
    )


def build_own(settings: GatewaySettings, upstreams: Upstreams) -> FastAPI:
    """Return the application that answers the gateway's own routes."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with upstreams.opened():
            app.state.observer = Observer(upstreams)
            yield

    return create_app("gateway", settings, [routes.router, docs.router], lifespan)
