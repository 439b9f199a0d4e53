"""The API's document and a page to read and try it, all from this machine.

The page is Swagger UI, of which the package `fastapi-offline` brings the files.
"""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from gateway.policy import page_headers
from gateway.table import PREFIX
from shared.kit.errors import NotFound

DOCUMENT = Path(__file__).with_name("openapi.json")
_PACKAGE = "fastapi_offline"
_SCRIPT = "swagger-ui-bundle.js"
_STYLE = "swagger-ui.css"
_START = f"""SwaggerUIBundle({{
  url: "{PREFIX}/openapi.json", dom_id: "#docs", deepLinking: true, docExpansion: "list",
  persistAuthorization: false, tryItOutEnabled: true, validatorUrl: null,
}})"""
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Shelfcast API</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="{PREFIX}/docs/{_STYLE}">
</head>
<body>
  <div id="docs"></div>
  <script src="{PREFIX}/docs/{_SCRIPT}"></script>
  <script>{_START}</script>
</body>
</html>
"""

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("")
@router.get("/")
async def get_api() -> Response:
    """Lead whoever opens the API itself to its page."""
    return RedirectResponse(f"{PREFIX}/docs")


@router.get("/openapi.json")
async def get_document() -> FileResponse:
    """Return the document of the whole API."""
    return FileResponse(
        DOCUMENT, media_type="application/json", headers={"cache-control": "no-cache"}
    )


@router.get("/docs")
async def get_docs() -> Response:
    """Return the page."""
    return HTMLResponse(_PAGE, headers=page_headers(_PAGE))


@router.get("/docs/{name}")
async def get_docs_file(name: str) -> FileResponse:
    """Return one of the page's files."""
    if name not in (_SCRIPT, _STYLE):
        raise NotFound(f"The page has no file {name[:200]!r}.")
    return FileResponse(_folder() / name, headers={"cache-control": "max-age=86400"})


def _folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise NotFound(f"The package {_PACKAGE} is not installed: run `make run` again.")
    return Path(spec.origin).parent / "static"
