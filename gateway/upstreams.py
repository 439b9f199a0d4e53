"""The services behind the gateway: their addresses, and the one kept HTTP client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from gateway.settings import GatewaySettings
from gateway.table import Service

CONNECT_S = 2.0
QUEUE_S = 10.0
KEEP_S = 30.0  # less than a service keeps an idle connection, so that none is used as it closes
BUFFER = 64 * 1024
HEADER_LIMIT = 64 * 1024
# These come from the client or not at all.
NOT_OURS = ("user-agent", "accept", "accept-encoding", "content-type")


class Upstreams:
    """Addresses of the services and the open client session."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._session: ClientSession | None = None
        self.urls: dict[Service, str] = {
            "registry": settings.registry_url.rstrip("/"),
            "training": settings.training_url.rstrip("/"),
            "prediction": settings.prediction_url.rstrip("/"),
        }

    @property
    def session(self) -> ClientSession:
        if self._session is None:
            raise RuntimeError("the gateway's lifespan has not started")
        return self._session

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep the client session open: no cookies, no proxies, bodies as they come."""
        per_service = self._settings.upstream_connections
        self._session = ClientSession(
            connector=TCPConnector(
                limit=per_service * len(self.urls),
                limit_per_host=per_service,
                keepalive_timeout=KEEP_S,
            ),
            timeout=ClientTimeout(
                total=None,
                connect=QUEUE_S,
                sock_connect=CONNECT_S,
                sock_read=self._settings.upstream_wait_s,
            ),
            cookie_jar=DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=NOT_OURS,
            read_bufsize=BUFFER,
            max_line_size=HEADER_LIMIT,
            max_field_size=HEADER_LIMIT,
        )
        try:
            yield
        finally:
            session, self._session = self._session, None
            await session.close()
