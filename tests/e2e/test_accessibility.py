"""Every page can be used by everybody: axe finds nothing serious, in both themes."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.planner import trained
from tests.fixtures.chromium import new_context
from tests.fixtures.running import Client

pytestmark = pytest.mark.e2e
PAGES = [
    "/",
    "/datasets",
    "/datasets/new",
    "/datasets/{dataset_id}",
    "/datasets/{dataset_id}/remake",
    "/train",
    "/tasks",
    "/tasks/{task_id}",
    "/models",
    "/models/{model}",
    "/forecast",
    "/forecasts",
    "/forecasts/{id}",
    "/settings",
    "/nowhere",
]


@pytest.fixture(scope="module")
def things(system: Client) -> Iterator[dict[str, str]]:
    forecast = trained(system, "accessibility")
    task = system.get("/tasks")["items"][0]["id"]
    yield {**forecast, "task_id": task}
    system.delete(f"/prediction/{forecast['id']}")


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, chromium: Browser, system: Client) -> Iterator[Page]:
    with new_context(chromium, system.url, "en-GB", color_scheme=request.param) as context:
        yield context.new_page()


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(themed: Page, things: dict[str, str], path: str) -> None:
    themed.goto(path.format(**things))
    themed.wait_for_load_state("networkidle")
    themed.wait_for_timeout(500)  # charts and tables draw after their data have come

    violations = Axe().run(themed).response["violations"]

    serious = [
        f"{v['id']}: {v['help']} at {v['nodes'][0]['target']}"
        for v in violations
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
