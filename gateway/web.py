"""Serves the built web app: pages, hashed assets for a year, and nothing outside its folder."""

from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from gateway.policy import page_headers
from gateway.refusals import MethodNotAllowed
from gateway.table import PREFIX
from shared.kit.app import REQUEST_ID
from shared.kit.errors import NotFound

INDEX = "index.html"
ASSETS = "assets/"  # where Vite puts the files whose names carry their hash
FOR_A_YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NOT_BUILT = 503
_COMPRESSED = (".js", ".mjs", ".css", ".html", ".svg", ".json", ".wasm")
_BUILD_IT = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Shelfcast</title>
<h1>The web app is not built yet</h1>
<p><code>make run</code> builds it; <code>SHELFCAST_WEB</code> names another folder that has it.</p>
<p>The API works without it: <a href="{PREFIX}/docs">its documentation</a>.</p></html>"""


class WebApp:
    """The files of the web app; an address that names no file is one of its pages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file or a page.

        Raises:
            NotFound: there is no such file, and it is not the address of a page.
            MethodNotAllowed: files can only be read.
        """
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed("Files and pages can only be read.", "GET, HEAD")
        response = await self._response(scope)
        response.headers[REQUEST_ID] = scope["state"]["request_id"]
        await response(scope, receive, send)

    async def _response(self, scope: Scope) -> Response:
        headers = Headers(scope=scope)
        path: str = scope["path"].lstrip("/")
        if path and path != INDEX:
            response = await self._file(path, scope, headers)
            if response is not None:
                hashed = path.startswith(ASSETS)
                response.headers["cache-control"] = FOR_A_YEAR if hashed else ASK_AGAIN
                response.headers["x-content-type-options"] = "nosniff"
                return response
            if not _is_page(path, headers):
                raise NotFound(f"There is no file {path[:200]!r} in the web app.")
        return await self._page(scope, headers)

    async def _page(self, scope: Scope, headers: Headers) -> Response:
        response = await self._file(INDEX, scope, headers)
        if response is None:
            return HTMLResponse(_BUILD_IT, NOT_BUILT, page_headers())
        html = (self._folder / INDEX).read_text()
        response.headers.update(page_headers(html))
        response.headers["cache-control"] = ASK_AGAIN
        return response

    async def _file(self, path: str, scope: Scope, headers: Headers) -> Response | None:
        """Return a file, as its compressed copy where there is one and the client takes it."""
        if path.endswith(_COMPRESSED):
            accepts = "gzip" in headers.get("accept-encoding", "")
            packed = await self._plain(f"{path}.gz", scope) if accepts else None
            response = packed or await self._plain(path, scope)
            if response is not None:
                response.headers["vary"] = "accept-encoding"
            if packed is not None:
                packed.headers["content-encoding"] = "gzip"
            return response
        return await self._plain(path, scope)

    async def _plain(self, path: str, scope: Scope) -> Response | None:
        try:
            return await self._files.get_response(path, scope)
        except HTTPException:  # not there, not readable, or not a path at all
            return None


def _is_page(path: str, headers: Headers) -> bool:
    if path.startswith(ASSETS):
        return False
    return "." not in path.rpartition("/")[2] or "text/html" in headers.get("accept", "")
