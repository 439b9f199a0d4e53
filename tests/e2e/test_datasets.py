"""What the analyst does with a dataset: look, sum, make it again, add rows, compare, export."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.planner import choose_option
from tests.fixtures.running import Client

pytestmark = pytest.mark.e2e
ADDRESS = re.compile(r"/datasets/[0-9a-f-]{36}$")


def rows(first: int, last: int, value: int) -> bytes:
    """Return a file with two shops, without the 20th of the month."""
    days = [day for day in range(first, last + 1) if day != 20]
    lines = [f"2024-05-{day:02},{shop},{value}" for shop in "AB" for day in days]
    return "\n".join(["day,shop,sold", *lines]).encode()


@pytest.fixture
def dataset(system: Client) -> Any:
    file = {"file": ("shops.csv", rows(1, 25, 4))}
    answer = system.api.post("/upload", files=file, data={"name": "two shops"})
    return answer.raise_for_status().json()


def shown(page: Page, other: str) -> str:
    """Wait for the page of another dataset and return its id."""
    page.wait_for_url(lambda url: ADDRESS.search(url) is not None and other not in url)
    return page.url.rpartition("/")[2]


def test_series_are_summed_over_any_column(page: Page, dataset: Any) -> None:
    page.goto(f"/datasets/{dataset['id']}")
    expect(page.get_by_test_id("series-title")).to_have_text("A")

    page.get_by_test_id("sum-over-shop").click()

    expect(page.get_by_test_id("series-title")).to_have_text("Sum of all 2 series")
    choose_option(page, "series-demand", "Lumpy")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()


def test_a_dataset_grows_is_made_again_and_compared(
    page: Page, system: Client, dataset: Any
) -> None:
    page.goto(f"/datasets/{dataset['id']}")
    expect(page.get_by_test_id("split")).to_have_count(0)  # 25 days are too few for 28 + 28
    page.get_by_test_id("remake-dataset").click()
    page.get_by_test_id("fix-missing_dates").get_by_text("Fill in between").click()
    page.get_by_test_id("remake").click()
    again = shown(page, dataset["id"])
    assert system.get(f"/datasets/{again}")["mapping"]["gaps"] == "interpolate"
    expect(page.get_by_test_id("comparison")).to_contain_text("96 → 100")

    page.get_by_test_id("extend-dataset").click()
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(
        {"name": "june.csv", "mimeType": "text/csv", "buffer": rows(25, 30, 7)}
    )
    page.get_by_test_id("extend").click()
    shown(page, again)

    expect(page.get_by_text("Rows that are there already")).to_be_visible()
    expect(page.get_by_test_id("comparison")).to_contain_text("25 → 30")
    expect(page.get_by_test_id("dataset-version").first).to_contain_text("june.csv")
    expect(page.get_by_test_id("remake-dataset")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_test_id("export-csv").click()
    assert download.value.suggested_filename.endswith(".csv")
