"""The clean path: a file with a mapping becomes a regular, sorted panel."""

import gzip
import io
import json
import os
import zipfile
from typing import Any

import pyarrow as pa
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from openpyxl import Workbook
from pyarrow import csv as arrow_csv
from pyarrow import feather
from pyarrow import parquet as pq

from tests.services.registry.conftest import Stored, problem
from tests.services.registry.filing import LONG, make_dataset, sales_csv, upload


def table() -> pa.Table:
    return arrow_csv.read_csv(io.BytesIO(sales_csv()))


def as_parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(table(), out)
    return out.getvalue()


def as_feather() -> bytes:
    out = io.BytesIO()
    feather.write_feather(table(), out)
    return out.getvalue()


def as_excel() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Sales of two shops"])
    sheet.append(table().column_names)
    for row in table().to_pylist():
        sheet.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/sales.csv", sales_csv())
    return out.getvalue()


def records() -> list[dict[str, Any]]:
    return [row | {"date": str(row["date"])} for row in table().to_pylist()]


def split() -> dict[str, Any]:
    rows = records()
    return {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}


FILES = {
    "csv": sales_csv,
    "tsv": lambda: sales_csv().replace(b",", b"\t"),
    "semicolons and decimal commas": lambda: sales_csv().replace(b",", b";").replace(b".", b","),
    "utf-8 with a mark": lambda: b"\xef\xbb\xbf" + sales_csv(),
    "utf-16": lambda: sales_csv().decode().encode("utf-16"),
    "carriage returns": lambda: sales_csv().replace(b"\n", b"\r\n"),
    "titles above": lambda: b"Sales report\n\nmade today,,,,\n" + sales_csv(),
    "gzip": lambda: gzip.compress(sales_csv()),
    "zip": as_zip,
    "parquet": as_parquet,
    "feather": as_feather,
    "excel": as_excel,
    "json records": lambda: json.dumps(records()).encode(),
    "json columns": lambda: json.dumps(
        {name: [row[name] for row in records()] for name in records()[0]}
    ).encode(),
    "json split": lambda: json.dumps(split()).encode(),
    "json nested": lambda: json.dumps({"status": "ok", "data": records()}).encode(),
    "json lines": lambda: "\n".join(map(json.dumps, records())).encode(),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
async def test_every_format_gives_the_same_panel(
    registry: AsyncClient, app: FastAPI, content: Any
) -> None:
    plain = await make_dataset(registry, known=["price"])

    answer = await upload(registry, content(), LONG | {"known": ["price"]}, "any.name")

    assert answer.status_code == 201, answer.text
    dataset = answer.json()
    assert dataset["digest"] == plain["digest"]
    assert (dataset["series_count"], dataset["row_count"], dataset["frequency"]) == (6, 120, "D")
    assert dataset["start"] == "2024-01-01T00:00:00Z"
    assert dataset["end"] == "2024-01-20T00:00:00Z"


async def test_the_panel_is_sorted_and_regular(registry: AsyncClient, app: FastAPI) -> None:
    rows = sales_csv(days=4, stores=1, products=2).decode().splitlines()
    shuffled = "\n".join([rows[0], rows[8], rows[3], rows[1], rows[5], rows[4], rows[6]])

    dataset = (await upload(registry, shuffled.encode(), LONG)).json()

    panel = pq.read_table(app.state.store.path(dataset["digest"]))
    assert panel.schema.names == ["store", "product", "date", "sales"]
    assert [str(kind) for kind in panel.schema.types] == [
        "string",
        "string",
        "timestamp[us]",
        "double",
    ]
    # a day without a row is a day on which nothing was sold
    assert panel.column("product").to_pylist() == ["P0"] * 4 + ["P1"] * 4
    assert panel.column("sales").to_pylist() == [0.0, 0.0, 2.0, 3.0, 0.0, 1.0, 0.0, 3.0]


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [("zero", 0.0), ("missing", None), ("interpolate", 2.0), ("closed", None)],
)
async def test_a_date_without_a_row_is_filled_as_chosen(
    registry: AsyncClient, app: FastAPI, gaps: str, expected: float | None
) -> None:
    content = b"date,sales\n2024-01-01,1\n2024-01-03,3\n2024-01-04,4\n2024-01-02,\n"
    without = content.replace(b"2024-01-02,\n", b"")

    mapping = {"date": "date", "target": "sales", "gaps": gaps, "frequency": "D"}
    dataset = (await upload(registry, without, mapping)).json()

    panel = pq.read_table(app.state.store.path(dataset["digest"]))
    assert panel.column("sales").to_pylist() == [1.0, expected, 3.0, 4.0]
    assert panel.column("series_id").to_pylist() == ["sales"] * 4


async def test_known_covariates_run_past_the_target(registry: AsyncClient, app: FastAPI) -> None:
    content = sales_csv(stores=1, products=1) + b"2024-01-21,S0,P0,,9.5\n2024-01-22,S0,P0,,9.5\n"

    dataset = (await upload(registry, content, LONG | {"known": ["price"]})).json()

    assert dataset["end"] == "2024-01-20T00:00:00Z"
    assert dataset["future_end"] == "2024-01-22T00:00:00Z"
    panel = pq.read_table(app.state.store.path(dataset["digest"]))
    assert panel.column("sales").to_pylist()[-2:] == [None, None]
    assert panel.column("price").to_pylist()[-2:] == [9.5, 9.5]


async def test_without_a_mapping_it_is_guessed(registry: AsyncClient) -> None:
    dataset = (await upload(registry, sales_csv())).json()

    assert dataset["mapping"]["ids"] == ["store", "product"]
    assert (dataset["target"], dataset["known"]) == ("sales", ["price"])
    assert dataset["name"] == "sales"


async def test_the_same_name_gives_the_next_version(registry: AsyncClient) -> None:
    first = await make_dataset(registry)
    second = await make_dataset(registry)
    await registry.delete(f"/datasets/{second['id']}")

    third = await make_dataset(registry)

    assert [d["version"] for d in (first, second, third)] == [1, 2, 3]
    assert first["digest"] == third["digest"]
    listed = (await registry.get("/datasets", params={"name": "sales"})).json()
    assert [d["version"] for d in listed["items"]] == [3, 1]


async def test_the_preview_gives_the_mapping_that_upload_takes(registry: AsyncClient) -> None:
    seen = await registry.post("/upload/preview", files={"file": ("a.csv", sales_csv())})

    preview = seen.json()
    assert preview["format"]["delimiter"] == ","
    assert {c["name"]: c["role"] for c in preview["columns"]} == {
        "date": "date",
        "store": "id",
        "product": "id",
        "sales": "target",
        "price": "known",
    }
    assert preview["rows"][1] == {
        "store": "S0",
        "product": "P0",
        "date": "2024-01-02T00:00:00",
        "sales": 1.0,
        "price": 1.5,
    }
    answer = await upload(registry, sales_csv(), preview["mapping"])
    assert answer.status_code == 201


async def test_chinese_names_are_understood(registry: AsyncClient) -> None:
    rows = ["购药时间,社保卡号,商品编码,商品名称,销售数量,单价"]
    for day in range(1, 29):
        rows += [f"2018年1月{day}日 星期一,00{day},2367{i},药{i},{day},3.5" for i in range(2)]
    content = "\n".join(rows).encode("gb18030")

    preview = (await registry.post("/upload/preview", files={"file": ("销售.csv", content)})).json()

    assert preview["format"]["encoding"] == "gb18030"
    assert preview["mapping"]["date"] == "购药时间"
    assert preview["mapping"]["target"] == "销售数量"
    assert preview["mapping"]["ids"] == ["商品编码"]
    assert preview["mapping"]["known"] == ["单价"]
    card = next(c for c in preview["columns"] if c["name"] == "社保卡号")
    assert (card["role"], card["personal"]) == ("ignore", True)


async def test_a_file_past_the_limit_is_refused_before_it_is_read(
    registry: AsyncClient, stored: Stored
) -> None:
    answer = await upload(registry, b"x" * 5_200_000)

    assert "SHELFCAST_MAX_UPLOAD_BYTES" in problem(answer, 413, "/file")
    assert stored.halves == []


async def test_a_file_past_the_limit_can_be_refused_before_it_is_sent(
    registry: AsyncClient,
) -> None:
    allowed = await registry.get("/upload", params={"size": 5_000_000})
    refused = await registry.get("/upload", params={"size": 5_000_001})

    assert allowed.json() == {"max_bytes": 5_000_000}
    assert "SHELFCAST_MAX_UPLOAD_BYTES" in problem(refused, 413, "/file")


async def test_a_file_past_the_limit_is_stopped_while_it_comes(
    registry: AsyncClient, stored: Stored
) -> None:
    async def pieces() -> Any:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n'
        for _ in range(100):
            yield b"x" * 100_000

    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await registry.post("/upload", content=pieces(), headers=headers)

    problem(answer, 413, "/file")
    assert stored.halves == []


async def test_an_uploaded_file_is_safely_on_the_disk_before_it_is_entered(
    registry: AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def note(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)

    dataset = await make_dataset(registry)

    source = app.state.store.path(dataset["source_digest"])
    places = (source, source.parent, source.parent.parent)
    assert {place.stat().st_ino for place in places} <= synced


async def test_a_name_of_a_file_keeps_no_control_characters(registry: AsyncClient) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\0b\x07.csv"\r\n\r\n'
    body += sales_csv() + b"\r\n--b--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}

    answer = await registry.post("/upload", content=body, headers=headers)

    assert answer.status_code == 201, answer.text
    assert (answer.json()["name"], answer.json()["source_name"]) == ("ab", "ab.csv")
