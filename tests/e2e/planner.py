"""What a planner does with the mouse and the keyboard, as words for the browser tests."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.fixtures.running import Client

LONG_MS = 120_000
SIZE = {"stores": 3, "products": 4, "days": 400}
QUICK = {"max_epochs": 3, "hidden_size": 8, "batches_per_epoch": 5}


def field(page: Page, name: str) -> Locator:
    """Return the input of a form's field."""
    return page.get_by_test_id(f"field-{name}").locator("input").first


def complaint(page: Page, name: str) -> Locator:
    """Return what is written at a field that is wrong."""
    return page.get_by_test_id(f"field-{name}").get_by_role("alert")


def fill(page: Page, name: str, value: object) -> None:
    """Type a value into a field and leave it."""
    field(page, name).fill(str(value))
    field(page, name).press("Tab")


def choose(page: Page, testid: str, option: str) -> None:
    """Open a picker, type, and take the option."""
    page.get_by_test_id(testid).click()
    page.keyboard.type(option)
    page.get_by_role("option", name=re.compile(re.escape(option))).first.click()


def choose_option(page: Page, testid: str, option: str) -> None:
    """Open a picker and take the option."""
    page.get_by_test_id(testid).click()
    page.get_by_role("option", name=option, exact=True).click()


def make_sample(page: Page, **size: int) -> str:
    """Make a small pharmacy sample on the upload page and return its dataset's id."""
    page.goto("/datasets/new")
    for name, value in (SIZE | size).items():
        fill(page, f"sample-{name}", value)
    page.get_by_test_id("make-sample").click()
    page.wait_for_url(re.compile(r"/datasets/[0-9a-f-]{36}$"), timeout=LONG_MS)
    return page.url.rpartition("/")[2]


def start_training(page: Page, dataset: str, product: str, **parameters: object) -> None:
    """Fill in the training form and start."""
    page.goto(f"/train?dataset={dataset}")
    page.get_by_test_id("scope-level-product").click()
    choose(page, "scope-product", product)
    page.get_by_test_id("algorithm-card-lstm").click()
    page.get_by_test_id("parameters").click()
    for name, value in (QUICK | parameters).items():
        fill(page, f"parameter-{name}", value)
    page.get_by_test_id("start-training").click()


def status(page: Page, wanted: str) -> None:
    """Wait until the task's page says that it stands so."""
    expect(page.get_by_test_id("task-status")).to_have_attribute(
        "data-status", wanted, timeout=LONG_MS
    )


def trained(system: Client, name: str) -> dict[str, Any]:
    """Make a dataset, a model and a forecast through the API; return the forecast."""
    sample = {"kind": "pharmacy", "name": name, **SIZE}
    dataset = system.post("/sample-data", sample)
    request = {
        "dataset_id": dataset["id"],
        "algorithm": "lstm",
        "scope": {"level": "store", "store_id": "S001"},
        "horizon": 14,
        "hyperparameters": QUICK,
    }
    task = system.wait_for(system.post("/training", request))
    assert task["status"] == "succeeded", task["error"]
    forecast = system.post("/prediction", {"model": task["model"], "horizon": 7})
    return dict(forecast)
