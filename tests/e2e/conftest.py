"""A system with a browser on it: every test gets a fresh page that must not complain."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.chromium import Complaints, chromium, new_context
from tests.fixtures.running import Client

__all__ = ["chromium", "page"]
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong


@pytest.fixture(scope="module", autouse=True)
def emptied(system: Client) -> Iterator[None]:
    """Leave nothing of one file's tests to those of the next."""
    yield
    while forecasts := system.get("/prediction")["items"]:
        for forecast in forecasts:
            system.delete(f"/prediction/{forecast['id']}")
    while models := system.get("/models")["items"]:
        for model in models:
            system.delete(f"/models/{model['name']}")
    while datasets := system.get("/datasets")["items"]:
        for dataset in datasets:
            system.delete(f"/datasets/{dataset['id']}", force=True)


@pytest.fixture
def page(chromium: Browser, system: Client) -> Iterator[Page]:
    """Open a page in English; what it complains about fails the test."""
    complaints = Complaints()
    with new_context(chromium, system.url, "en-GB") as context:
        page = context.new_page()
        complaints.listen(page)
        yield page
    assert complaints.lines == []
