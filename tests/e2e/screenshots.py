"""Photograph every page in all sizes, themes and languages. `make screenshots`.

The states are empty, with data, failed and loading. The pictures lie in out/screenshots; the
README's one picture is docs/forecast.png.
"""

import itertools
import json
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route

from cli.console import console
from tests.fixtures.chromium import launched, new_context
from tests.fixtures.running import Client
from tests.fixtures.system import running

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "screenshots"
README_PICTURE = ROOT / "docs" / "forecast.png"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
LANGUAGES = ("en-GB", "zh-CN")
LISTS = [
    "/",
    "/datasets",
    "/datasets/new",
    "/train",
    "/tasks",
    "/models",
    "/forecast",
    "/forecasts",
]
MESSY = "药店销售.csv"
SCOPE = {"level": "product", "product_id": "P001"}
EVERY_LOOK = list(itertools.product(SIZES, THEMES, LANGUAGES))
OPPOSITES = [EVERY_LOOK[0], EVERY_LOOK[-1]]  # nothing in common, enough for empty and failed
Look = tuple[str, str, str]
Prepare = Callable[[Page], None]


def main() -> None:
    """Start a system, photograph it empty, full, failing and loading."""
    shutil.rmtree(OUT, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        launched() as chromium,
        running(Path(folder) / "data") as system,
    ):
        photograph(chromium, system.url, "empty", LISTS, OPPOSITES)
        pages = [*LISTS, *fill(system)]
        photograph(chromium, system.url, "data", pages, EVERY_LOOK)
        photograph(chromium, system.url, "asked", ["/datasets/new"], OPPOSITES, then=choose_file)
        photograph(chromium, system.url, "asked", ["/train"], OPPOSITES, then=unfold)
        photograph(chromium, system.url, "asked", pages[-1:], OPPOSITES, then=sum_by_week)
        photograph(chromium, system.url, "failed", pages, OPPOSITES, fail)
        photograph(chromium, system.url, "loading", pages, OPPOSITES, hold)
        picture_for_readme(chromium, system.url, pages[-1])
    console.print(f"{len(list(OUT.rglob('*.png')))} pictures in {OUT.relative_to(ROOT)}")


def fill(system: Client) -> list[str]:
    """Make what a planner has after a while, and return the pages that show it."""
    dataset = system.post("/sample-data", {"kind": "pharmacy", "name": "Pharmacy sales"})
    for algorithm in ("seasonal_naive", "lstm"):
        task = train(system, dataset, algorithm)
        assert system.wait_for(task, limit_s=600)["status"] == "succeeded"
    model = task["model"]
    auto = train(system, dataset, "auto", hyperparameters={"time_limit": 30}, test_steps=28)
    assert system.wait_for(auto, limit_s=600)["status"] == "succeeded"
    grown = extended(system)
    start = system.get(f"/datasets/{dataset['id']}")["end"][:10]
    past = f"{int(start[:4])}-{start[5:7]}-01"
    series = [
        {"store_id": "S001", "product_id": "P001"},
        {"store_id": "S002", "product_id": "P001"},
    ]
    system.post("/prediction", {"model": model, "series": series, "horizon": 28})
    asked = {"model": model, "series": series[:1], "horizon": 28, "start": past, "history": 84}
    forecast = system.post("/prediction", asked)
    cancelled = train(system, dataset, "lstm", seed=3)
    system.post(f"/tasks/{cancelled['id']}/cancel")
    return [
        f"/datasets/{dataset['id']}",
        f"/datasets/{grown['id']}",
        f"/datasets/{grown['parent_id']}/remake",
        f"/tasks/{task['id']}",
        f"/tasks/{auto['id']}",
        f"/models/{auto['model']}",
        f"/models/{model}",
        f"/forecasts/{forecast['id']}",
    ]


def train(system: Client, dataset: Any, algorithm: str, **more: object) -> Any:
    request = {"dataset_id": dataset["id"], "algorithm": algorithm, "scope": SCOPE, **more}
    return system.post("/training", {**request, "horizon": 28})


def extended(system: Client) -> Any:
    """Store a file with problems and add rows to it; return the newer version."""
    preview = system.api.post("/upload/preview", files={"file": (MESSY, messy())}).json()
    mapping = preview["mapping"] | {"gaps": "missing"}
    mapping["fixes"] |= {"text_in_numbers": "missing"}
    told = {"name": "药店销售", "mapping": json.dumps(mapping)}
    old = system.api.post("/upload", files={"file": (MESSY, messy())}, data=told).json()
    rows = [f"2024/7/{day};甲店;{day % 5},5;0" for day in range(1, 22)]
    newer = "\n".join(["日期;店铺;销售数量;手机号", *rows]).encode("gb18030")
    answer = system.api.post(f"/datasets/{old['id']}/extend", files={"file": ("7月.csv", newer)})
    return answer.raise_for_status().json()


def fail(page: Page) -> None:
    """Let every question to the API fail, and for good: the app asks again where it makes sense."""

    def refuse(route: Route) -> None:
        detail = "Something went wrong here, not with your request. The log has more."
        problem = {"title": "Internal Server Error", "status": 500, "detail": detail}
        body = problem | {"errors": [], "request_id": "3f6c1d"}
        route.fulfill(status=500, content_type="application/problem+json", json=body)

    page.route("**/api/**", refuse)


def hold(page: Page) -> None:
    """Let no question to the API be answered."""
    page.route("**/api/**", lambda _route: None)


def photograph(
    chromium: Browser,
    url: str,
    state: str,
    pages: list[str],
    looks: list[Look],
    prepare: Prepare | None = None,
    then: Prepare | None = None,
) -> None:
    """Take every page in every look."""
    for size, theme, language in looks:
        width, height = SIZES[size]
        look = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
        with new_context(chromium, url, language, **look) as context:
            page = context.new_page()
            if prepare is not None:
                prepare(page)
            for path, name in zip(pages, names_of(pages), strict=True):
                shown(page, path)
                if then is not None:
                    then(page)
                    page.wait_for_timeout(600)
                file = OUT / state / f"{size}-{theme}-{language}" / f"{name}.png"
                page.screenshot(path=file, full_page=True)
            page.unroute_all(behavior="ignoreErrors")


def choose_file(page: Page) -> None:
    """Show a file with problems before it is stored."""
    page.locator("input[type=file]").set_input_files(
        {"name": MESSY, "mimeType": "text/csv", "buffer": messy()}
    )
    page.get_by_test_id("reading").click()


def unfold(page: Page) -> None:
    """Show how a model will be judged."""
    page.get_by_test_id("evaluation").click()


def sum_by_week(page: Page) -> None:
    """Show totals of weeks as shares of the usual level."""
    for testid in ("grain", "share"):
        page.get_by_test_id(testid).locator("label").nth(1).click()


def messy() -> bytes:
    """Return sales with a text, a row that stands there twice, and telephone numbers."""
    days = [f"2024/{m}/{d}" for m in range(1, 7) for d in range(1, 29)]
    rows = [
        f"{day};{shop};{place % 7 + 2},5;13800138{place:03}"
        for shop in ("甲店", "乙店")
        for place, day in enumerate(days)
    ]
    rows[5] = f"{days[5]};甲店;缺货;13800138005"
    return "\n".join(["日期;店铺;销售数量;手机号", *rows, rows[-1]]).encode("gb18030")


def shown(page: Page, path: str) -> None:
    """Open a page and wait until it stands still."""
    page.goto(path, wait_until="load")
    page.wait_for_timeout(1200)  # charts draw after their data have come


def names_of(paths: list[str]) -> list[str]:
    """Name pictures after their pages; a second one of a kind gets its number."""
    names: list[str] = []
    for path in paths:
        parts = ["one" if re.search(r"\d", part) else part for part in path.split("/") if part]
        name = "-".join(parts) or "home"
        count = sum(re.fullmatch(rf"{name}(-\d+)?", other) is not None for other in names)
        names.append(f"{name}-{count + 1}" if count else name)
    return names


def picture_for_readme(chromium: Browser, url: str, path: str) -> None:
    """Take the forecast with its actual values, in English and light, for the README."""
    with new_context(chromium, url, "en-GB", color_scheme="light") as context:
        page = context.new_page()
        shown(page, path)
        page.screenshot(path=README_PICTURE)


if __name__ == "__main__":
    main()
