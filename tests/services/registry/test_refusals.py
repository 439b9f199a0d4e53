"""Bad files: each gets one clear problem, and nothing of it stays."""

import io
import zipfile
from typing import Any

import pyarrow as pa
import pytest
from httpx import AsyncClient
from openpyxl import Workbook
from pyarrow import parquet as pq

from tests.services.registry.conftest import Stored, problem
from tests.services.registry.filing import LONG, sales_csv, upload

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256))


def zipped(*names: str, content: bytes = b"date,sales\n") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return out.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped("sales.csv", content=sales_csv()))
    content[6] |= 1  # the flag in the file's own header, and in the table of contents
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["date", "sales"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def nested_parquet() -> bytes:
    out = io.BytesIO()
    rows = [{"date": "2024-01-01", "sales": {"value": 1}}]
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def line(*cells: object) -> bytes:
    return (",".join(map(str, cells)) + "\n").encode()


BAD_FILES: dict[str, tuple[Any, str, int]] = {
    "empty": (b"", "/file", 422),
    "blank": (b"\n\n  \n", "/file", 422),
    "header only": (b"date,store,product,sales\n", "/file", 422),
    "one row": (b"date,store,product,sales\n2024-01-01,a,b,1\n", "/mapping/date", 422),
    "a picture": (PNG, "/file", 422),
    "noise": (b"date,sales\n\x00\x01\x02\x03" + bytes(range(32)), "/file", 422),
    "a cut workbook": (lambda: workbook()[:2000], "/file", 422),
    "a cut parquet": (b"PAR1" + b"\x00" * 100, "/file", 422),
    "nested parquet": (nested_parquet, "/file", 422),
    "broken json": (b'[{"date": "2024-01-01", "sales": 1}', "/file", 422),
    "json without a table": (b'{"hello": "world"}', "/file", 422),
    "json with lists": (b'[{"date": "2024-01-01", "sales": [1, 2]}]', "/file", 422),
    "deep json": (b"[" * 100_000, "/file", 422),
    "two files zipped": (lambda: zipped("a.csv", "b.csv"), "/file", 422),
    "a climbing path": (lambda: zipped("../../etc/cron.d/evil"), "/file", 422),
    "an encrypted zip": (encrypted, "/file", 422),
    "a bomb": (lambda: zipped("a.csv", content=b"0" * 70_000_000), "/file", 413),
    "a zip in a zip": (lambda: zipped("a.zip", content=zipped("a.csv")), "/file", 422),
    "10,000 columns": (line(*range(10_000)) + line(*range(10_000)), "/file", 422),
    "a name of 10,000 letters": (line("date", "x" * 10_000) + b"2024-01-01,1\n", "/file", 422),
    "a name with control characters": (b"date,sa\x07les\n2024-01-01,1\n", "/file", 422),
    "changing width": (sales_csv() + b"2024-01-21,S0\n", "/file", 422),
    "two header rows": (
        b"date,store,product,sales\nDatum,Laden,Ware,Menge\n" + sales_csv().partition(b"\n")[2],
        "/file",
        422,
    ),
}


@pytest.mark.parametrize("case", BAD_FILES.values(), ids=BAD_FILES.keys())
async def test_a_bad_file_is_refused_and_leaves_nothing(
    registry: AsyncClient, stored: Stored, case: tuple[Any, str, int]
) -> None:
    content, pointer, status = case

    answer = await upload(registry, content() if callable(content) else content, LONG)

    problem(answer, status, pointer)
    assert stored.halves == []
    assert stored.blobs == set()
    assert (await registry.get("/datasets")).json()["total"] == 0


@pytest.mark.parametrize("case", BAD_FILES.values(), ids=BAD_FILES.keys())
async def test_a_preview_of_a_bad_file_answers_too(
    registry: AsyncClient, stored: Stored, case: tuple[Any, str, int]
) -> None:
    content = case[0]() if callable(case[0]) else case[0]

    answer = await registry.post("/upload/preview", files={"file": ("a.csv", content)})

    assert answer.status_code in (200, 413, 422), answer.text
    assert stored.halves == []


async def test_missing_columns_are_all_named(registry: AsyncClient) -> None:
    mapping = {"date": "day", "target": "units", "ids": ["store", "item"], "known": ["price"]}

    answer = await upload(registry, sales_csv(), mapping)

    assert "date, store, product, sales, price" in problem(answer, 422, "/mapping/date")
    problem(answer, 422, "/mapping/target")
    problem(answer, 422, "/mapping/ids/1")


async def test_duplicate_rows_are_shown_with_their_numbers(registry: AsyncClient) -> None:
    content = sales_csv() + b"2024-01-03,S0,P1,7,1\n"

    answer = await upload(registry, content, LONG)

    assert "rows 24, 122: S0 · P1 on 2024-01-03" in problem(answer, 422, "/mapping/ids")


@pytest.mark.parametrize("value", ["many", "1.2.3", "12 boxes", "inf", "-Infinity"])
async def test_a_target_that_is_no_number_is_shown_with_its_row(
    registry: AsyncClient, value: str
) -> None:
    content = sales_csv() + f"2024-01-21,S0,P1,{value},1\n".encode()

    answer = await upload(registry, content, LONG)

    assert "row 122" in problem(answer, 422, "/mapping/target")


async def test_impossible_dates_are_shown_with_their_rows(registry: AsyncClient) -> None:
    content = sales_csv() + b"2024-02-30,S0,P1,1,1\n"

    answer = await upload(registry, content, LONG)

    assert "row 122: 2024-02-30" in problem(answer, 422, "/mapping/date")


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ("{", "/mapping"),
        ("[]", "/mapping"),
        ('{"date": "date"}', "/mapping/target"),
        ('{"date": "date", "target": "sales", "colour": 1}', "/mapping/colour"),
        ('{"date": "date", "target": "sales", "ids": ["store"], "frequency": "x"}',
         "/mapping/frequency"),
        ('{"date": "date", "target": "sales", "fixes": {"magic": "on"}}', "/mapping/fixes/magic"),
        ('{"date": "date", "target": "sales", "fixes": {"outliers": "hide"}}',
         "/mapping/fixes/outliers"),
        ('{"date": "date", "target": "sales", "known": ["sales"]}', "/mapping/known/0"),
        ('{"date": "store", "target": "sales"}', "/mapping/date"),
        ('{"date": "date", "target": "product"}', "/mapping/target"),
    ],
)  # fmt: skip
async def test_a_bad_mapping_is_refused_at_the_field(
    registry: AsyncClient, mapping: str, pointer: str
) -> None:
    answer = await registry.post(
        "/upload", files={"file": ("a.csv", sales_csv())}, data={"mapping": mapping}
    )

    problem(answer, 422, pointer)


async def test_a_form_without_a_file_is_refused(registry: AsyncClient) -> None:
    answers = [
        await registry.post("/upload", data={"name": "x"}),
        await registry.post("/upload", files={"other": ("a.csv", b"x")}),
        await registry.post("/upload", content=b"date,sales\n"),
        await registry.post(
            "/upload",
            content=b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut',
            headers={"content-type": "multipart/form-data; boundary=b"},
        ),
    ]

    for answer in answers:
        problem(answer, 422, "/file")


async def test_a_name_that_is_too_long_is_refused(registry: AsyncClient) -> None:
    problem(await upload(registry, sales_csv(), LONG, name="x" * 121), 422, "/name")


async def test_columns_and_names_that_look_like_code_stay_text(registry: AsyncClient) -> None:
    content = sales_csv().replace(b"P0", b"<script>alert(1)</script>").replace(b"P1", b"=1+1")

    dataset = (await upload(registry, content, LONG, name="<b>bold</b>")).json()

    ids = (await registry.get(f"/datasets/{dataset['id']}/ids")).json()
    assert [v["value"] for v in ids[1]["values"]] == ["<script>alert(1)</script>", "=1+1", "P2"]
    assert dataset["name"] == "<b>bold</b>"
