"""A forecast as a table in a file: CSV and Excel for people, Parquet for programs.

Spreadsheets run a text that begins like a formula, so such texts get an apostrophe in front;
Parquet is not opened by a spreadsheet and keeps every text as it is.
"""

import csv
import io
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import orjson

Row = list[Any]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


class ExportFormat(StrEnum):
    """The kinds of file that a forecast can be exported to."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"


MEDIA_TYPES = {
    ExportFormat.csv: "text/csv; charset=utf-8",
    ExportFormat.xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.parquet: "application/vnd.apache.parquet",
}


def export(answer: bytes, kind: ExportFormat) -> bytes:
    """Write a forecast (its JSON) as a file: one row per series and step."""
    forecast = orjson.loads(answer)
    ids = list(forecast["first_series"])
    quantiles = list(forecast["series"][0]["forecast"][0]["quantiles"])
    header = _header(ids, quantiles)
    return _WRITERS[kind](header, _rows(forecast, ids, quantiles), len(ids))


def disposition(answer: bytes, kind: ExportFormat) -> str:
    """Return the Content-Disposition that names the file after its model and first date."""
    forecast = orjson.loads(answer)
    name = f"{forecast['model']}_v{forecast['version']}_{forecast['start'][:10]}.{kind}"
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _header(ids: list[str], quantiles: list[str]) -> list[str]:
    ours = ["date", "actual", "mean", *(f"q{quantile}" for quantile in quantiles)]
    return [*(f"{name}_id" if name in ours else name for name in ids), *ours]


def _rows(forecast: dict[str, Any], ids: list[str], quantiles: list[str]) -> Iterator[Row]:
    for series in forecast["series"]:
        keys = [series["keys"].get(name, "") for name in ids]
        actuals = {point["date"]: point["value"] for point in series["actuals"] or []}
        for step in series["forecast"]:
            values = (step["quantiles"][quantile] for quantile in quantiles)
            yield [*keys, step["date"], actuals.get(step["date"]), step["mean"], *values]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain_date(date: str) -> str:
    moment = date.removesuffix("Z")
    return moment.removesuffix("T00:00:00").replace("T", " ")


def _for_people(rows: Iterator[Row], ids: int) -> Iterator[Row]:
    for row in rows:
        yield [*map(_harmless, row[:ids]), _plain_date(row[ids]), *row[ids + 1 :]]


def _csv(header: list[str], rows: Iterator[Row], ids: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_harmless, header))
    writer.writerows(_for_people(rows, ids))
    return text.getvalue().encode("utf-8-sig")  # the mark lets Excel read Chinese


def _xlsx(header: list[str], rows: Iterator[Row], ids: int) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("forecast")
    sheet.freeze_panes = "A2"
    sheet.append([_harmless(name) for name in header])
    for row in _for_people(rows, ids):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _parquet(header: list[str], rows: Iterator[Row], ids: int) -> bytes:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    columns = list(zip(*rows, strict=True))
    moments = pa.array([date.removesuffix("Z") for date in columns[ids]], pa.string())
    arrays: list[pa.Array[Any]] = [
        *(pa.array(column, pa.string()) for column in columns[:ids]),
        pc.cast(moments, pa.timestamp("us")),
        *(pa.array(column, pa.float64()) for column in columns[ids + 1 :]),
    ]
    file = io.BytesIO()
    pq.write_table(pa.table(arrays, names=header), file, compression="zstd")
    return file.getvalue()


_WRITERS: dict[ExportFormat, Callable[[list[str], Iterator[Row], int], bytes]] = {
    ExportFormat.csv: _csv,
    ExportFormat.xlsx: _xlsx,
    ExportFormat.parquet: _parquet,
}
