"""Photograph every page: sizes, themes, languages; empty, with data, failed. `make screenshots`.

The pictures lie in out/screenshots; the README's one picture is docs/forecast.png.
"""

import itertools
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
SCOPE = {"level": "product", "product_id": "P001"}
EVERY_LOOK = list(itertools.product(SIZES, THEMES, LANGUAGES))
OPPOSITES = [EVERY_LOOK[0], EVERY_LOOK[-1]]  # nothing in common, enough for empty and failed
Look = tuple[str, str, str]
Prepare = Callable[[Page], None]


def main() -> None:
    """Start a system, photograph it empty, full and failing."""
    shutil.rmtree(OUT, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        launched() as chromium,
        running(Path(folder) / "data") as system,
    ):
        photograph(chromium, system.url, "empty", LISTS, OPPOSITES)
        pages = [*LISTS, *fill(system)]
        photograph(chromium, system.url, "data", pages, EVERY_LOOK)
        photograph(chromium, system.url, "failed", pages, OPPOSITES, fail)
        picture_for_readme(chromium, system.url, pages[-1])
    console.print(f"{len(list(OUT.rglob('*.png')))} pictures in {OUT.relative_to(ROOT)}")


def fill(system: Client) -> list[str]:
    """Make what a planner has after a while, and return the pages that show it."""
    dataset = system.post("/sample-data", {"kind": "pharmacy", "name": "Pharmacy sales"})
    for algorithm in ("seasonal_naive", "lstm"):
        task = train(system, dataset, algorithm)
        assert system.wait_for(task, limit_s=600)["status"] == "succeeded"
    model = task["model"]
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
        f"/tasks/{task['id']}",
        f"/models/{model}",
        f"/forecasts/{forecast['id']}",
    ]


def train(system: Client, dataset: Any, algorithm: str, seed: int = 0) -> Any:
    request = {"dataset_id": dataset["id"], "algorithm": algorithm, "scope": SCOPE, "seed": seed}
    return system.post("/training", {**request, "horizon": 28})


def fail(page: Page) -> None:
    """Let every question to the API fail, and for good: the app asks again where it makes sense."""

    def refuse(route: Route) -> None:
        detail = "Something went wrong here, not with your request. The log has more."
        problem = {"title": "Internal Server Error", "status": 500, "detail": detail}
        body = problem | {"errors": [], "request_id": "3f6c1d"}
        route.fulfill(status=500, content_type="application/problem+json", json=body)

    page.route("**/api/**", refuse)


def photograph(
    chromium: Browser,
    url: str,
    state: str,
    pages: list[str],
    looks: list[Look],
    prepare: Prepare | None = None,
) -> None:
    """Take every page in every look."""
    for size, theme, language in looks:
        width, height = SIZES[size]
        look = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
        with new_context(chromium, url, language, **look) as context:
            page = context.new_page()
            if prepare is not None:
                prepare(page)
            for path in pages:
                shown(page, path)
                file = OUT / state / f"{size}-{theme}-{language}" / f"{name_of(path)}.png"
                page.screenshot(path=file, full_page=True)


def shown(page: Page, path: str) -> None:
    """Open a page and wait until it stands still."""
    page.goto(path, wait_until="load")
    page.wait_for_timeout(1200)  # charts draw after their data have come


def name_of(path: str) -> str:
    parts = ["one" if re.search(r"\d", part) else part for part in path.split("/") if part]
    return "-".join(parts) or "home"


def picture_for_readme(chromium: Browser, url: str, path: str) -> None:
    """Take the forecast with its actual values, in English and light, for the README."""
    with new_context(chromium, url, "en-GB", color_scheme="light") as context:
        page = context.new_page()
        shown(page, path)
        page.screenshot(path=README_PICTURE)


if __name__ == "__main__":
    main()
