"""Chinese and English, light and dark: chosen by the browser at first, then by the person."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.chromium import Complaints, new_context
from tests.fixtures.running import Client

pytestmark = pytest.mark.e2e
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_a_chinese_browser_gets_a_chinese_page(chromium: Browser, system: Client) -> None:
    complaints = Complaints()
    with new_context(chromium, system.url, "zh-CN") as context:
        page = context.new_page()
        complaints.listen(page)
        page.goto("/")

        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(page.get_by_role("main")).to_contain_text(CHINESE)

    assert complaints.lines == []


def test_the_language_is_switched_and_remembered(page: Page) -> None:
    page.goto("/datasets")
    expect(page.get_by_role("main")).not_to_contain_text(CHINESE)

    page.get_by_test_id("lang-switch").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()

    expect(page.get_by_role("main")).to_contain_text(CHINESE)


def test_the_theme_is_switched_and_remembered(page: Page) -> None:
    page.goto("/datasets")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)

    page.get_by_test_id("theme-switch").click()
    page.reload()
    page.get_by_test_id("theme-switch").wait_for()

    assert page.evaluate(background) != light
