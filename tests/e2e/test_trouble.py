"""Refusals that need a system of their own: a small limit for files, a service that is down."""

import signal
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.chromium import new_context
from tests.fixtures.system import System, running

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    limit = {"SHELFCAST_MAX_UPLOAD_BYTES": "2000"}
    with running(tmp_path_factory.mktemp("small") / "data", limit) as system:
        yield system


@pytest.fixture
def page(chromium: Browser, small: System) -> Iterator[Page]:
    """Open a page that may complain: the trouble is meant."""
    with new_context(chromium, small.url, "en-GB") as context:
        yield context.new_page()


def test_a_file_that_is_too_large_is_told_the_limit(page: Page) -> None:
    rows = [f"2024-{m:02}-{d:02},A,{d * m}" for m in range(1, 13) for d in range(1, 29)]
    content = "\n".join(["day,shop,sold", *rows]).encode()
    page.goto("/datasets/new")

    page.locator("input[type=file]").set_input_files(
        {"name": "shops.csv", "mimeType": "text/csv", "buffer": content}
    )

    expect(page.get_by_test_id("problem")).to_contain_text("larger than")


def test_a_service_that_is_down_is_said_and_can_be_asked_again(page: Page, small: System) -> None:
    supervisor = next(p for p in small.processes() if "supervisord" in " ".join(p.cmdline()))
    prediction = small.program("services.prediction")
    supervisor.send_signal(signal.SIGSTOP)  # so that it does not start the service at once
    try:
        prediction.kill()
        psutil.wait_procs([prediction], timeout=1)
        page.goto("/forecasts")
        expect(page.get_by_test_id("problem")).to_contain_text("prediction")
    finally:
        supervisor.send_signal(signal.SIGCONT)
    small.wait_until(
        lambda: small.api.get("/health").json()["status"] == "ready", 60, "the service to be back"
    )

    page.get_by_test_id("problem").get_by_role("button").click()

    expect(page.get_by_test_id("empty")).to_be_visible()
