"""Commands about data: make a sample, upload a file, list what is there."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

from cli.api import Api
from cli.console import console
from cli.options import AsJson, Url
from cli.tables import show, show_json, text
from shared.contracts.datasets import Dataset, Gaps, Mapping, SampleRequest
from shared.kit.errors import Invalid

Kind = Literal["pharmacy", "weather", "electricity", "traffic"]


def sample(
    url: Url,
    kind: Annotated[Kind, typer.Argument(help="What to make.")] = "pharmacy",
    name: Annotated[str | None, typer.Option(help="Its name; after its kind if absent.")] = None,
    stores: Annotated[int, typer.Option(help="Shops or stations.")] = 10,
    products: Annotated[int, typer.Option(help="Products or meters.")] = 50,
    days: Annotated[int, typer.Option(help="Days of history.")] = 1095,
    seed: Annotated[int, typer.Option(help="The same seed makes the same data.")] = 0,
) -> None:
    """Make a realistic sample dataset."""
    request = SampleRequest(
        kind=kind, name=name, stores=stores, products=products, days=days, seed=seed
    )
    asyncio.run(_sample(url, request))


async def _sample(url: str, request: SampleRequest) -> None:
    async with Api(url) as api:
        with console.status(f"Making the {request.kind} sample …"):
            dataset = await api.make_sample(request)
    _describe(dataset)


def upload(
    file: Annotated[Path, typer.Argument(help="CSV, Excel, JSON or Parquet, one row per date.")],
    url: Url,
    name: Annotated[str | None, typer.Option(help="Its name; the file's if absent.")] = None,
    date: Annotated[str | None, typer.Option(help="The column with the dates.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to forecast.")] = None,
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="Column(s) that name a series.")
    ] = None,
    known: Annotated[list[str] | None, typer.Option(help="Column(s) known in the future.")] = None,
    past: Annotated[list[str] | None, typer.Option(help="Column(s) known only afterwards.")] = None,
    static: Annotated[
        list[str] | None, typer.Option(help="Column(s) with one value per series.")
    ] = None,
    frequency: Annotated[str | None, typer.Option(help="pandas alias; guessed if absent.")] = None,
    gaps: Annotated[Gaps, typer.Option(help="What a date without a row means.")] = Gaps.zero,
) -> None:
    """Upload a file; the roles of its columns are guessed unless --date and --target say them."""
    mapping = None
    if date is not None and target is not None:
        mapping = Mapping(
            date=date,
            target=target,
            ids=ids or [],
            known=known or [],
            past=past or [],
            static=static or [],
            frequency=frequency,
            gaps=gaps,
        )
    elif date or target or ids or known or past or static or frequency:
        raise Invalid("Give both --date and --target, or no columns at all to have them guessed.")
    asyncio.run(_upload(url, file, name or file.stem, mapping))


async def _upload(url: str, file: Path, name: str, mapping: Mapping | None) -> None:
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        console=console,
        transient=True,
    )
    with bar, bar.open(file, "rb", description=f"Uploading {file.name}") as stream:
        async with Api(url) as api:
            dataset = await api.upload(stream, file.name, name, mapping)
    _describe(dataset)


def _describe(dataset: Dataset) -> None:
    console.print(
        f"[bold]{dataset.name}[/] version {dataset.version}: {dataset.series_count:,} series, "
        f"{dataset.row_count:,} rows, every {dataset.frequency}, "
        f"{text(dataset.start)} to {text(dataset.end)}"
    )
    console.print(f"id {dataset.id}", style="dim")
    for finding in dataset.quality.findings:
        console.print(f"[yellow]{finding.severity}[/]: {finding.detail}")


def list_datasets(url: Url, as_json: AsJson = False) -> None:
    """List the datasets, newest first."""
    asyncio.run(_list(url, as_json))


async def _list(url: str, as_json: bool) -> None:
    async with Api(url) as api:
        found = await api.datasets()
    if as_json:
        show_json(found)
        return
    show(
        "Datasets",
        ["name", "version#", "series#", "rows#", "freq", "from", "to", "id"],
        [
            (d.name, d.version, d.series_count, d.row_count, d.frequency, d.start, d.end, d.id)
            for d in found
        ],
        "No datasets yet: `shelfcast sample` makes one, `shelfcast upload FILE` brings your own.",
    )
