"""The built web app, as a browser gets it."""

import gzip
from pathlib import Path

import httpx
import pytest

from gateway.policy import page_headers

INDEX = "<!doctype html><script>theme()</script><script src='/assets/a-1.js'></script>"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    web = tmp_path / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text(INDEX)
    (web / "favicon.svg").write_text("<svg/>")
    (web / "assets" / "a-1.js").write_text("x = 1")
    (web / "assets" / "b-2.js").write_text("y = 2")
    (web / "assets" / "b-2.js.gz").write_bytes(gzip.compress(b"y = 2"))
    (tmp_path / "secret.txt").write_text("secret")
    (web / "link.txt").symlink_to(tmp_path / "secret.txt")
    return web


@pytest.mark.parametrize("path", ["/", "/index.html", "/train", "/models/kan_product_P001"])
async def test_every_page_is_the_app(gateway: httpx.AsyncClient, built: Path, path: str) -> None:
    page = await gateway.get(path)

    assert (page.status_code, page.text) == (200, INDEX)
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-type"].startswith("text/html")


async def test_a_page_whose_name_has_a_dot_is_the_app_for_a_browser(
    gateway: httpx.AsyncClient, built: Path
) -> None:
    accept = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    assert (await gateway.get("/models/a.b", headers=accept)).text == INDEX
    assert (await gateway.get("/models/a.b")).status_code == 404


async def test_assets_are_kept_for_a_year_and_others_asked_for_again(
    gateway: httpx.AsyncClient, built: Path
) -> None:
    asset = await gateway.get("/assets/a-1.js")
    icon = await gateway.get("/favicon.svg")

    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"].startswith("text/javascript")
    assert icon.headers["cache-control"] == "no-cache"


async def test_a_compressed_copy_is_sent_to_who_takes_it(
    gateway: httpx.AsyncClient, built: Path
) -> None:
    packed = await gateway.get("/assets/b-2.js", headers={"accept-encoding": "gzip, br"})
    plain = await gateway.get("/assets/b-2.js", headers={"accept-encoding": "identity"})

    assert (packed.text, packed.headers["content-encoding"]) == ("y = 2", "gzip")
    assert packed.headers["content-type"].startswith("text/javascript")
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert plain.text == "y = 2"
    assert "content-encoding" not in plain.headers


async def test_a_file_that_has_not_changed_is_not_sent_again(
    gateway: httpx.AsyncClient, built: Path
) -> None:
    first = await gateway.get("/")
    second = await gateway.get("/", headers={"if-none-match": first.headers["etag"]})

    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    ["/assets/missing-3.js", "/../secret.txt", "/%2e%2e/secret.txt", "/link.txt", "/a%00.txt"],
)
async def test_what_is_not_in_the_folder_is_not_found(
    gateway: httpx.AsyncClient, built: Path, path: str
) -> None:
    answer = await gateway.get(httpx.URL(gateway.base_url, raw_path=path.encode()))

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_page_runs_no_script_but_its_own(gateway: httpx.AsyncClient, built: Path) -> None:
    policy = (await gateway.get("/")).headers["content-security-policy"]
    script = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))

    assert script.count("'sha256-") == 1
    assert "unsafe" not in script
    assert "frame-ancestors 'none'" in policy
    assert "sha256" not in page_headers()["content-security-policy"]


async def test_pages_can_only_be_read(gateway: httpx.AsyncClient, built: Path) -> None:
    answer = await gateway.post("/train")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


async def test_without_a_built_app_the_page_says_how_to_build_it(
    gateway: httpx.AsyncClient,
) -> None:
    page = await gateway.get("/")

    assert page.status_code == 503
    assert "make run" in page.text
    assert "SHELFCAST_WEB" in page.text
