"""Files with a row for each series and a column for each date."""

import datetime as dt
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pyarrow import parquet as pq

from tests.services.registry.conftest import problem
from tests.services.registry.filing import upload

FIRST = dt.date(2011, 1, 29)
DAYS = 30


def table(names: list[str], stores: int = 2, items: int = 3) -> bytes:
    """Return sales as M5 has them: item n in shop s sells 10 s + n + day."""
    lines = [",".join(["id", "item_id", "dept_id", "store_id", *names])]
    for store in range(stores):
        for item in range(items):
            cells = [
                f"FOODS_{item}_CA_{store}",
                f"FOODS_{item}",
                f"FOODS_{item // 2}",
                f"CA_{store}",
            ]
            lines.append(
                ",".join([*cells, *(str(10 * store + item + d) for d in range(len(names)))])
            )
    return "\n".join(lines).encode()


async def preview(registry: AsyncClient, content: bytes) -> Any:
    answer = await registry.post("/upload/preview", files={"file": ("a.csv", content)})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("style", ["%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%Y年%m月%d日"])
async def test_a_column_for_each_day_is_understood(
    registry: AsyncClient, app: FastAPI, style: str
) -> None:
    days = [FIRST + dt.timedelta(days=n) for n in range(DAYS)]
    content = table([day.strftime(style) for day in days])

    found = await preview(registry, content)
    dataset = (await upload(registry, content, found["mapping"])).json()

    assert (found["layout"], found["frequency"]) == ("dates", "D")
    roles = {c["name"]: c["role"] for c in found["columns"]}
    assert [roles[n] for n in ("id", "item_id", "dept_id", "store_id")] == [
        "ignore",
        "id",
        "static",
        "id",
    ]
    assert (dataset["series_count"], dataset["row_count"]) == (6, 6 * DAYS)
    assert (dataset["start"][:10], dataset["end"][:10]) == (str(FIRST), str(days[-1]))
    assert dataset["static"] == ["dept_id"]
    panel = pq.read_table(app.state.store.path(dataset["digest"])).to_pylist()
    assert [row["value"] for row in panel[:3]] == [0.0, 1.0, 2.0]
    assert panel[-1]["value"] == 10 + 2 + DAYS - 1


async def test_columns_that_only_count_need_the_first_date(registry: AsyncClient) -> None:
    content = table([f"d_{n + 1}" for n in range(DAYS)])

    found = await preview(registry, content)
    refused = await upload(registry, content, found["mapping"])
    stored = await upload(registry, content, found["mapping"] | {"date": "2011-01-29"})

    assert [f["code"] for f in found["findings"]] == ["invalid"]
    assert "d_1, d_2" in problem(refused, 422, "/mapping/date")
    dataset = stored.json()
    assert (dataset["start"][:10], dataset["end"][:10]) == ("2011-01-29", "2011-02-27")
    assert (dataset["frequency"], dataset["series_count"]) == ("D", 6)


async def test_years_and_months_stand_above_numbers_too(registry: AsyncClient) -> None:
    years = b"Country,2015,2016,2017,2018\nChina,1.5,2,3,4\nFrance,5,6,,8\n"
    months = "品类,2024年1月,2024年2月,2024年3月\n药,1,2,3\n器械,4,5,6\n".encode("gb18030")

    yearly, monthly = [await preview(registry, content) for content in (years, months)]

    assert (yearly["frequency"], monthly["frequency"]) == ("YS", "MS")
    assert yearly["mapping"]["ids"] == ["Country"]
    assert monthly["mapping"]["ids"] == ["品类"]
    assert yearly["rows"][0]["date"] == "2015-01-01T00:00:00"


async def test_numbers_as_names_are_no_dates(registry: AsyncClient) -> None:
    lines = [f"2024-01-{day:02},{day},{2 * day},{3 * day}" for day in range(1, 31)]

    found = await preview(registry, "\n".join(["day,4046,4225,4770", *lines]).encode())

    assert found["layout"] == "wide"
