"""The forecast page: totals of weeks, shares, what is gone or newer, and errors at their fields."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.planner import QUICK, complaint, fill, trained
from tests.fixtures.running import Client

pytestmark = pytest.mark.e2e
MOST_SCRIPT = 400_000  # bytes, compressed, before the first chart


@pytest.fixture(scope="module")
def made(system: Client) -> dict[str, str]:
    """Train a model and forecast four weeks with it."""
    first = trained(system, "weekly sales")
    asked = {"model": first["model"], "version": first["version"], "horizon": 28}
    forecast = system.post("/prediction", asked)
    return {"id": forecast["id"], "model": forecast["model"], "dataset": forecast["dataset_id"]}


def test_a_forecast_is_summed_by_week_and_shown_as_shares(page: Page, made: dict[str, str]) -> None:
    page.goto(f"/forecasts/{made['id']}")
    table = page.get_by_test_id("forecast-table")
    expect(table.get_by_role("row")).to_have_count(1 + 28)

    page.get_by_test_id("grain").get_by_text("Weekly").click()

    expect(table.get_by_role("columnheader").first).to_have_text("Week from")
    expect(table.get_by_role("row")).to_have_count(1 + 5)
    expect(page.get_by_test_id("forecast-chart")).to_be_visible()
    page.get_by_test_id("share").get_by_text("%").click()
    expect(table.get_by_role("cell").nth(1)).to_contain_text("%")


def test_the_first_chart_needs_little_script(page: Page, made: dict[str, str]) -> None:
    page.goto(f"/forecasts/{made['id']}")
    expect(page.get_by_test_id("forecast-chart").locator("canvas")).to_be_visible()

    loaded = page.evaluate(
        """performance.getEntriesByType('resource').filter(one => one.name.endsWith('.js'))
            .map(one => [one.encodedBodySize, one.decodedBodySize])"""
    )

    assert all(sent > 0 for sent, _ in loaded)
    assert sum(sent for sent, _ in loaded) < sum(whole for _, whole in loaded) / 2  # compressed
    assert sum(sent for sent, _ in loaded) <= MOST_SCRIPT


def test_a_start_before_the_data_is_explained_at_its_field(
    page: Page, made: dict[str, str]
) -> None:
    page.goto(f"/forecast?model={made['model']}")
    fill(page, "start", "2001-01-01")

    page.get_by_test_id("run-forecast").click()

    expect(complaint(page, "start")).to_contain_text("can start from")


@pytest.mark.parametrize("query", ["model=nobody_knows_it", "model={model}&version=99"])
def test_a_model_or_version_that_is_gone_is_said(
    page: Page, made: dict[str, str], query: str
) -> None:
    page.goto(f"/forecast?{query.format(model=made['model'])}")

    expect(page.get_by_test_id("problem")).to_contain_text(re.compile("There is no|has no version"))
    expect(page.get_by_test_id("chart-loading")).to_have_count(0)


def test_a_model_is_found_by_its_name(page: Page, made: dict[str, str]) -> None:
    page.goto("/forecast")
    page.get_by_test_id("forecast-model").click()

    page.keyboard.type("nothing is called so")
    expect(page.get_by_role("option")).to_have_count(0)
    page.get_by_test_id("forecast-model").locator("input").fill(made["model"][:6])
    page.get_by_role("option", name=made["model"], exact=True).click()

    expect(page.get_by_test_id("forecast-model")).to_contain_text(made["model"])


def test_a_forecast_of_an_older_version_leads_to_the_newer_one(
    page: Page, system: Client, made: dict[str, str]
) -> None:
    request = {
        "dataset_id": made["dataset"],
        "algorithm": "lstm",
        "scope": {"level": "store", "store_id": "S001"},
        "horizon": 14,
        "hyperparameters": QUICK,
        "seed": 5,
    }
    assert system.wait_for(system.post("/training", request))["status"] == "succeeded"
    newer = system.get(f"/models/{made['model']}")["latest"]["version"]
    promoted = system.api.put(f"/models/{made['model']}/aliases/best", json={"version": newer})
    assert promoted.is_success, promoted.text

    page.goto(f"/forecasts/{made['id']}")
    note = page.get_by_test_id("stale")
    expect(note).to_contain_text(f"version {newer}")
    note.get_by_role("link").click()

    page.wait_for_url(re.compile(rf"/forecast\?.*version={newer}"))
    expect(page.get_by_test_id("forecast-version")).to_contain_text(f"v{newer}")


def test_deleting_a_model_says_which_forecasts_stay(page: Page, made: dict[str, str]) -> None:
    page.goto(f"/models/{made['model']}")
    page.get_by_test_id("delete-model").click()

    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"stay readable: \d+"))
