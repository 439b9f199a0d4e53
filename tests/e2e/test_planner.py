"""What the planner does: data, a look at it, a training, a forecast, the history."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.planner import (
    LONG_MS,
    choose,
    choose_option,
    fill,
    make_sample,
    start_training,
    status,
)
from tests.fixtures.running import Client

pytestmark = pytest.mark.e2e


def test_from_a_sample_to_a_forecast_and_its_deletion(page: Page, system: Client) -> None:
    dataset = make_sample(page)
    look_at_series(page)
    train(page, dataset)
    forecast(page)
    delete_from_history(page)
    delete_dataset_that_a_model_needs(page, dataset)

    assert system.get("/models")["items"][0]["latest"]["lineage"]["dataset_deleted"] is True
    assert system.get("/prediction")["total"] == 0


def look_at_series(page: Page) -> None:
    rows = page.get_by_test_id("series-row")
    expect(rows.first).to_be_visible()
    expect(page.get_by_test_id("series-chart")).to_be_visible()

    page.get_by_test_id("series-search").locator("input").or_(
        page.locator("input[data-testid=series-search]")
    ).first.fill("P003")

    expect(rows).to_have_count(3)
    rows.nth(1).click()
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_test_id("series-chart")).to_be_visible()


def train(page: Page, dataset: str) -> None:
    start_training(page, dataset, "P001")
    page.wait_for_url(re.compile(r"/tasks/[0-9a-f-]{36}$"))
    expect(page.get_by_test_id("loss-chart")).to_be_visible(timeout=LONG_MS)
    status(page, "succeeded")
    expect(page.get_by_test_id("task-log")).to_contain_text(re.compile(r"\w+"))
    expect(page.get_by_test_id("metrics")).to_be_visible()
    expect(page.get_by_test_id("report-chart")).to_be_visible()
    page.get_by_test_id("report").get_by_text("By series").click()
    expect(page.get_by_test_id("report-table")).to_contain_text("S001 · P001")


def forecast(page: Page) -> None:
    page.get_by_test_id("forecast-from-task").click()
    page.wait_for_url(re.compile(r"/forecast\?"))
    choose(page, "forecast-series", "S001")
    page.keyboard.press("Escape")
    fill(page, "horizon", 7)
    page.get_by_test_id("run-forecast").click()
    expect(page.get_by_test_id("forecast-chart")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_test_id("forecast-interval").first).to_contain_text(re.compile(r"\d"))
    with page.expect_download() as download:
        page.get_by_test_id("export-csv").click()
    assert download.value.suggested_filename.endswith(".csv")


def delete_from_history(page: Page) -> None:
    page.goto("/forecasts")
    row = page.get_by_test_id("forecast-row")
    expect(row).to_have_count(1)
    row.get_by_role("link").first.click()
    expect(page.get_by_test_id("forecast-chart")).to_be_visible()
    page.get_by_test_id("delete-forecast").click()
    page.get_by_test_id("confirm-delete").click()
    page.wait_for_url(re.compile(r"/forecasts$"))
    expect(page.get_by_test_id("empty")).to_be_visible()


def delete_dataset_that_a_model_needs(page: Page, dataset: str) -> None:
    page.goto(f"/datasets/{dataset}")
    page.get_by_test_id("delete-dataset").click()
    page.get_by_test_id("confirm-delete").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("trained on it")
    page.get_by_test_id("confirm-delete").get_by_text("Delete all the same").click()
    page.wait_for_url(re.compile(r"/datasets$"))


def test_a_running_training_can_be_cancelled(page: Page) -> None:
    dataset = make_sample(page)
    start_training(page, dataset, "P002", max_epochs=1000, patience=1000)
    expect(page.get_by_test_id("loss-chart")).to_be_visible(timeout=LONG_MS)

    page.get_by_test_id("cancel-task").click()

    status(page, "cancelled")
    expect(page.get_by_test_id("forecast-from-task")).to_have_count(0)


def test_what_a_messy_file_needs_is_chosen_before_it_is_stored(page: Page, system: Client) -> None:
    rows = [
        f"2024/{m}/{d};甲店;{d * m},5;13800138{d:03}" for m in range(1, 6) for d in range(1, 29)
    ]
    rows[5] = rows[5].replace(";6,5;", ";缺货;")
    content = "\n".join(["日期;店铺;销售数量;手机号", *rows, rows[-1]]).encode("gb18030")
    page.goto("/datasets/new")
    page.locator("input[type=file]").set_input_files(
        {"name": "messy.csv", "mimeType": "text/csv", "buffer": content}
    )
    expect(page.get_by_test_id("role-手机号")).to_contain_text("Leave out")
    expect(page.get_by_test_id("fix-duplicate_rows").get_by_label("Add them up")).to_be_checked()
    text = page.get_by_test_id("fix-text_in_numbers")
    expect(text.get_by_label("Count as missing")).to_be_checked()
    expect(page.get_by_text("row 7: '缺货'")).to_have_count(1)

    text.get_by_text("Refuse the file").click()
    expect(page.get_by_test_id("refused")).to_be_visible()
    expect(page.get_by_test_id("store-dataset")).to_be_disabled()
    text.get_by_text("Count as missing").click()
    expect(page.get_by_test_id("refused")).to_have_count(0)
    page.get_by_test_id("store-dataset").click()

    page.wait_for_url(re.compile(r"/datasets/[0-9a-f-]{36}$"), timeout=LONG_MS)
    mapping = system.get(f"/datasets/{page.url.rpartition('/')[2]}")["mapping"]
    assert mapping["fixes"] == {"duplicate_rows": "sum", "text_in_numbers": "missing"}
    assert mapping["ids"] == ["店铺"]


def test_a_file_is_looked_at_again_when_it_is_read_in_another_way(page: Page) -> None:
    days = "\n".join(f"2024-01-{d:02},{d},{d + 1}" for d in range(1, 29))
    page.goto("/datasets/new")
    page.locator("input[type=file]").set_input_files(
        {"name": "wide.csv", "mimeType": "text/csv", "buffer": f"day,A,B\n{days}".encode()}
    )
    expect(page.get_by_test_id("layout")).to_contain_text("One column per series")

    choose_option(page, "layout", "One row per date and series")
    expect(page.get_by_test_id("role-A")).to_contain_text("To forecast")
    page.get_by_test_id("reading").click()
    choose_option(page, "reading-delimiter", ";")

    expect(page.get_by_role("alert")).to_contain_text("Choose a column for")
    choose_option(page, "reading-delimiter", ",")
    expect(page.get_by_test_id("role-A")).to_contain_text("Values of a series")


def test_a_file_is_looked_at_before_it_is_stored(page: Page) -> None:
    rows = [f"2024-{m:02}-{d:02},A,{d * m}" for m in range(1, 6) for d in range(1, 29)]
    content = "\n".join(["day,shop,sold", *rows]).encode()
    page.goto("/datasets/new")

    page.locator("input[type=file]").set_input_files(
        {"name": "shops.csv", "mimeType": "text/csv", "buffer": content}
    )
    expect(page.get_by_test_id("preview-table")).to_contain_text("sold")
    page.get_by_test_id("store-dataset").click()

    page.wait_for_url(re.compile(r"/datasets/[0-9a-f-]{36}$"), timeout=LONG_MS)
    expect(page.get_by_test_id("series-row")).to_have_count(1)
