"""What the person sees when something cannot be: the field that is wrong, or one clear note."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.planner import complaint, fill, make_sample, start_training
from tests.fixtures.running import Client

pytestmark = pytest.mark.e2e


def test_a_refused_value_is_explained_at_its_field(page: Page) -> None:
    page.goto("/datasets/new")
    fill(page, "sample-days", 1)

    page.get_by_test_id("make-sample").click()

    expect(complaint(page, "sample-days")).to_contain_text("60")


def test_a_horizon_longer_than_the_data_is_explained_at_its_field(page: Page) -> None:
    dataset = make_sample(page)
    page.goto(f"/train?dataset={dataset}")
    page.get_by_test_id("scope-level-global").click()
    page.get_by_test_id("algorithm-card-seasonal_naive").click()
    fill(page, "horizon", 999)

    page.get_by_test_id("start-training").click()

    expect(complaint(page, "horizon")).to_contain_text("400")


def test_a_test_shorter_than_the_horizon_is_explained_at_its_field(page: Page) -> None:
    dataset = make_sample(page)
    page.goto(f"/train?dataset={dataset}")
    expect(page.get_by_test_id("algorithm-card-auto").get_by_role("radio")).to_be_checked()
    page.get_by_test_id("scope-level-global").click()
    page.get_by_test_id("evaluation").click()
    fill(page, "test_steps", 20)
    expect(page.get_by_test_id("split")).to_contain_text("(20 steps)")

    page.get_by_test_id("start-training").click()

    expect(complaint(page, "test_steps")).to_contain_text("28 steps")


def test_a_hyperparameter_out_of_range_is_explained_at_its_field(page: Page) -> None:
    dataset = make_sample(page)

    start_training(page, dataset, "P001", hidden_size=100_000)

    expect(complaint(page, "parameter-hidden_size")).to_contain_text("1,024")


def test_a_file_that_is_no_table_gets_one_clear_note(page: Page) -> None:
    page.goto("/datasets/new")

    page.locator("input[type=file]").set_input_files(
        {"name": "sales.csv", "mimeType": "text/csv", "buffer": bytes(range(256)) * 8}
    )

    expect(page.get_by_test_id("problem")).to_be_visible()


@pytest.mark.parametrize("path", ["/datasets", "/tasks", "/models", "/forecasts"])
def test_a_list_without_entries_says_what_to_do(page: Page, path: str) -> None:
    page.route(
        "**/api/**",
        lambda route: route.fulfill(json={"items": [], "next_page_token": None, "total": 0}),
    )

    page.goto(path)

    expect(page.get_by_test_id("empty")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button").first).to_be_visible()


@pytest.mark.parametrize("path", ["datasets", "tasks", "models", "forecasts"])
@pytest.mark.parametrize("unknown", ["00000000-0000-4000-8000-000000000000"])
def test_an_address_of_something_gone_says_so(page: Page, path: str, unknown: str) -> None:
    page.goto(f"/{path}/{unknown}")

    expect(page.get_by_test_id("problem")).to_be_visible()


def test_an_address_that_leads_nowhere_leads_back(page: Page, system: Client) -> None:
    page.goto("/nowhere")

    page.get_by_role("main").get_by_role("link").first.click()

    expect(page).to_have_url(f"{system.url}/")
