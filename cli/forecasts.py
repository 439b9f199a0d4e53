"""The command that forecasts: a table at once, or a file."""

import asyncio
import csv
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.api import Api
from cli.console import console
from cli.options import Url, pairs
from cli.tables import show
from shared.contracts.forecasts import Forecast, ForecastRequest, SeriesForecast
from shared.kit.errors import Invalid

SHOWN = 3
QUANTILES = (0.1, 0.5, 0.9)


class Kind(StrEnum):
    """What a forecast can be written as, by the file's ending."""

    json = "json"
    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"


Fill = Annotated[
    list[str] | None,
    typer.Option(help="price=last: how to go on with a known column (last, zero or mean)."),
]
Future = Annotated[
    Path | None,
    typer.Option(help="A .csv file of what is known ahead: id columns, date, known columns."),
]
Note = Annotated[
    str, typer.Option(help="What is known besides the numbers; only language models read it.")
]


def predict(
    model: Annotated[str, typer.Argument(help="`shelfcast models` lists them.")],
    url: Url,
    version: Annotated[str, typer.Option(help="best, latest, a number or your alias.")] = "best",
    series: Annotated[list[str] | None, typer.Option(help="store_id=S001,product_id=P001")] = None,
    horizon: Annotated[int | None, typer.Option(help="Steps; the model's if absent.")] = None,
    start: Annotated[datetime | None, typer.Option(help="First date; may be in the past.")] = None,
    fill: Fill = None,
    future: Future = None,
    quantiles: Annotated[
        list[float] | None, typer.Option("--quantile", help="Between 0 and 1.")
    ] = None,
    paths: Annotated[int, typer.Option(help="Sample paths per series.")] = 100,
    note: Note = "",
    seed: Annotated[int, typer.Option(help="Same seed, same paths.")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .csv, .json, .xlsx or .parquet file.")
    ] = None,
) -> None:
    """Forecast now and print a table; with --output also write a file."""
    kind = _kind(output)
    chosen = [pairs(text.split(","), "--series") for text in series or []]
    body: dict[str, Any] = {
        "model": model,
        "version": int(version) if version.isdigit() else version,
        "series": chosen or None,
        "horizon": horizon,
        "start": start,
        "fill": pairs(fill or [], "--fill"),
        "future": _rows(future) if future else [],
        "quantiles": quantiles or list(QUANTILES),
        "paths": paths,
        "note": note,
        "seed": seed,
    }
    asyncio.run(_predict(url, ForecastRequest.model_validate(body), output, kind))


def _rows(file: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file; an empty cell is a value that is not known."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True, restkey="", restval=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"--future {file} is not a CSV file in UTF-8: {error}.") from error
    if any("" in row for row in rows):
        raise Invalid(f"--future {file} has a row with more cells than its first line has names.")
    if not rows or "date" not in rows[0]:
        raise Invalid(f"--future {file} must have a column `date`, and a row per date and series.")
    return [{name: cell for name, cell in row.items() if cell} for row in rows]


def _kind(output: Path | None) -> Kind | None:
    if output is None:
        return None
    ending = output.suffix.removeprefix(".").lower()
    if ending not in set(Kind):
        raise Invalid(f"--output {output} must end in {', '.join('.' + k for k in Kind)}.")
    return Kind(ending)


async def _predict(
    url: str, request: ForecastRequest, output: Path | None, kind: Kind | None
) -> None:
    async with Api(url) as api:
        forecast = await api.forecast(request)
        if output is not None and kind is not None:
            await _write(api, forecast, output, kind)
    for one in forecast.series[:SHOWN]:
        _print(forecast, one)
    texts = [one.text for one in forecast.series if one.text is not None]
    if unknown := dict.fromkeys(word for text in texts for word in text.unknown):
        words = escape(", ".join(unknown))
        console.print(f"The model does not know these words: {words}", style="yellow")
    if (hidden := len(forecast.series) - SHOWN) > 0:
        console.print(f"… and {hidden} more series: --output writes all of them.", style="dim")
    console.print(f"{api.url}/forecasts/{forecast.id}", style="dim", soft_wrap=True)
    if output is not None:
        console.print(f"Written to {output}", soft_wrap=True)


async def _write(api: Api, forecast: Forecast, output: Path, kind: Kind) -> None:
    if kind is Kind.json:
        body = forecast.model_dump_json(indent=2)
        await asyncio.to_thread(output.write_text, body, encoding="utf-8")
    else:
        await api.export(forecast.id, kind, output)


def _print(forecast: Forecast, one: SeriesForecast) -> None:
    levels = list(one.forecast[0].quantiles) if one.forecast else []
    actual = {point.date: point.value for point in one.actuals or []}
    columns = ["date", "mean#", *(f"{float(level):.1%}#" for level in levels)]
    rows: list[Sequence[object]] = [
        (p.date, p.mean, *p.quantiles.values(), *([actual.get(p.date)] if actual else []))
        for p in one.forecast
    ]
    name = " · ".join(f"{column} {value}" for column, value in one.keys.items()) or "total"
    title = f"{forecast.model} v{forecast.version} · {name} · {forecast.target}"
    show(title, [*columns, "actual#"] if actual else columns, rows, "Nothing was forecast.")
