"""Commands about learning: start a training, list the algorithms."""

import asyncio
import json
from typing import Annotated, Any, Literal

import typer

from cli.api import Api
from cli.console import console
from cli.following import follow
from cli.options import AsJson, Url, pairs
from cli.tables import show, show_json, text
from shared.contracts.tasks import Algorithm, Scope, Task, TrainingRequest

Level = Literal["product", "store", "series", "global"]


def train(
    dataset: Annotated[str, typer.Argument(help="Its name (newest version) or id.")],
    algorithm: Annotated[str, typer.Argument(help="`shelfcast algorithms` lists them.")],
    url: Url,
    product: Annotated[str | None, typer.Option(help="Learn this product_id in all shops.")] = None,
    store: Annotated[str | None, typer.Option(help="Learn this store_id's products.")] = None,
    level: Annotated[Level | None, typer.Option(help="With --where: what the model is of.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="column=value that chooses series.")
    ] = None,
    total: Annotated[bool, typer.Option("--total", help="Sum the chosen series to one.")] = False,
    horizon: Annotated[int, typer.Option(help="Steps to forecast.")] = 28,
    context: Annotated[int | None, typer.Option(help="Steps the model sees.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, hyper-parameter.")
    ] = None,
    validation: Annotated[
        int | None, typer.Option(help="Steps before the test that check the learning.")
    ] = None,
    test: Annotated[int, typer.Option(help="Last steps, kept from learning and measured.")] = 0,
    holidays: Annotated[
        str | None, typer.Option(help="Country whose public holidays count: CN, US, DE-BY.")
    ] = None,
    backtest: Annotated[int, typer.Option(help="Report on so many windows of the past.")] = 0,
    refit: Annotated[int, typer.Option(help="Learn anew before so many of them.")] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same data: same model.")] = 0,
    watch: Annotated[bool, typer.Option("--follow", "-f", help="Show progress.")] = False,
) -> None:
    """Train an algorithm on a dataset; without a choice of series, on all of them."""
    keys = pairs(where or [], "--where")
    keys |= {"product_id": product} if product else {}
    keys |= {"store_id": store} if store else {}
    body: dict[str, Any] = {
        "algorithm": algorithm,
        "scope": {**keys, "level": level or _level(keys), "total": total},
        "horizon": horizon,
        "context_length": context,
        "hyperparameters": {n: _value(v) for n, v in pairs(settings or [], "--set").items()},
        "validation_steps": validation,
        "test_steps": test,
        "holidays": holidays,
        "backtest_windows": backtest,
        "refit_every": refit,
        "seed": seed,
    }
    Scope.model_validate(body["scope"])
    asyncio.run(_train(url, dataset, body, watch))


def _level(keys: dict[str, str]) -> Level:
    if not keys:
        return "global"
    if len(keys) > 1:
        return "series"
    return "store" if next(iter(keys)).startswith("store") else "product"


def _value(written: str) -> Any:
    """Read a hyper-parameter as JSON where it is JSON (3, 0.1, true), else as text."""
    try:
        return json.loads(written)
    except ValueError:
        return written


async def _train(url: str, dataset: str, body: dict[str, Any], watch: bool) -> None:
    async with Api(url) as api:
        chosen = await api.dataset(dataset)
        task = await api.train(TrainingRequest.model_validate({"dataset_id": chosen.id, **body}))
        if not watch:
            console.print(f"Task [bold]{task.id}[/] will make [bold]{task.model}[/].")
            console.print("`shelfcast tasks ID --follow` shows how far it is.", style="dim")
            return
        describe(await follow(api, task))


def describe(task: Task) -> None:
    """Print what a task left."""
    if task.result is None:
        return
    result = task.result
    console.print(f"[bold green]✓[/] model [bold]{result.model}[/] version {result.version}")
    figures = [f"{name} {text(value)}" for name, value in result.metrics.items()]
    console.print("  " + " · ".join(figures), style="dim")


def list_algorithms(url: Url, as_json: AsJson = False) -> None:
    """List the algorithms that can be trained."""
    asyncio.run(_algorithms(url, as_json))


async def _algorithms(url: str, as_json: bool) -> None:
    async with Api(url) as api:
        found = await api.algorithms()
    if as_json:
        show_json(found)
        return
    show(
        "Algorithms",
        ["name", "title", "what it does", "hyper-parameters"],
        [(a.name, a.title, a.reason or a.summary, _parameters(a)) for a in found],
        "The server knows no algorithm.",
    )


def _parameters(algorithm: Algorithm) -> str:
    properties = algorithm.hyperparameters.get("properties", {})
    return ", ".join(f"{name}={schema.get('default')}" for name, schema in properties.items())
