"""Datasets extended with newer files, and made again from all of them."""

import io
import json
from typing import Any

import pytest
from httpx import AsyncClient, Response
from pyarrow import parquet as pq

from services.registry import work
from services.registry.settings import RegistrySettings
from tests.services.registry.conftest import Stored, problem
from tests.services.registry.filing import LONG, make_dataset, upload


async def extend(registry: AsyncClient, dataset: Any, content: bytes, **fields: str) -> Response:
    return await registry.post(
        f"/datasets/{dataset['id']}/extend", files={"file": ("newer.csv", content)}, data=fields
    )


async def panel_of(registry: AsyncClient, dataset: Any) -> dict[str, list[Any]]:
    answer = await registry.get(f"/datasets/{dataset['id']}/export", params={"format": "parquet"})
    return pq.read_table(io.BytesIO(answer.content)).to_pydict()


def code_of(dataset: Any, code: str) -> Any:
    [finding] = [f for f in dataset["quality"]["findings"] if f["code"] == code]
    return finding


@pytest.mark.parametrize("keep_sources", [True, False])
async def test_one_new_day_is_enough_to_extend_a_dataset(
    registry: AsyncClient, settings: RegistrySettings, keep_sources: bool
) -> None:
    settings.keep_sources = keep_sources
    first = await make_dataset(registry)

    answer = await extend(registry, first, b"date,store,product,sales\n2024-01-21,S0,P0,50\n")

    assert answer.status_code == 201, answer.text
    second = answer.json()
    assert (second["row_count"], second["frequency"]) == (121, "D")
    assert (await panel_of(registry, second))["sales"][:21] == [*map(float, range(20)), 50.0]


async def test_new_rows_are_placed_on_the_datasets_own_frequency(registry: AsyncClient) -> None:
    days = [f"2024-{1 + n // 28:02}-{1 + n % 28:02},{n}" for n in range(56)]
    first = (
        await upload(registry, "\n".join(["date,sales", *days]).encode(), LONG | {"ids": []})
    ).json()
    weekly = b"date,sales\n2024-03-01,1\n2024-03-08,2\n2024-03-15,3\n"

    second = (await extend(registry, first, weekly)).json()

    assert (first["frequency"], second["frequency"]) == ("D", "D")
    assert second["mapping"]["frequency"] is None
    assert (second["start"][:10], second["end"][:10]) == ("2024-01-01", "2024-03-15")


async def test_a_file_of_future_rows_alone_extends_a_dataset(registry: AsyncClient) -> None:
    first = await make_dataset(registry, known=["price"])
    prices = (
        b"date,store,product,price\n2024-01-20,S0,P0,9\n2024-01-21,S0,P0,2\n2024-01-22,S0,P0,3\n"
    )

    answer = await extend(registry, first, prices)

    assert answer.status_code == 201, answer.text
    second = answer.json()
    assert (second["end"], second["future_end"][:10]) == (first["end"], "2024-01-22")
    panel = await panel_of(registry, second)
    assert panel["sales"][18:22] == [18.0, 19.0, None, None]
    assert panel["price"][18:22] == [1.5, 9.0, 2.0, 3.0]


async def test_a_dataset_without_covariates_needs_its_target_in_every_file(
    registry: AsyncClient,
) -> None:
    first = await make_dataset(registry)

    answer = await extend(registry, first, b"date,store,product,price\n2024-01-21,S0,P0,2\n")

    assert "newer.csv" in problem(answer, 422, "/mapping/target")


async def test_a_new_column_of_a_wide_file_becomes_a_series(registry: AsyncClient) -> None:
    days = [f"2024-01-{day:02},{day},{day * 2},{day * 3}" for day in range(1, 21)]
    content = "\n".join(["date,P1,P2,total", *days]).encode()
    wide = {"date": "date", "target": "sales", "layout": "wide", "values": ["P1", "P2"]}
    first = (await upload(registry, content, wide)).json()

    second = (
        await extend(registry, first, b"date,P1,P3,total,note\n2024-01-21,7,8,15,rain\n")
    ).json()

    assert second["series_count"] == 3
    assert second["mapping"]["values"] == ["P1", "P2", "P3"]
    assert code_of(second, "new_columns")["detail"].endswith("became series: P3.")
    panel = await panel_of(registry, second)
    assert [panel["series_id"][-1], panel["sales"][-1]] == ["P3", 8.0]
    third = await extend(registry, second, b"date,P1,P2,P3\n2024-01-22,1,2,3\n")
    assert third.json()["row_count"] == second["row_count"] + 1 + 2 + 1


async def test_new_columns_of_a_wide_file_are_named_where_nobody_knows_the_old_ones(
    registry: AsyncClient, settings: RegistrySettings
) -> None:
    settings.keep_sources = False
    days = [f"2024-01-{day:02},{day},{day * 2}" for day in range(1, 21)]
    wide = {"date": "date", "target": "sales", "layout": "wide", "values": ["P1", "P2"]}
    content = "\n".join(["date,P1,P2", *days]).encode()
    first = (await upload(registry, content, wide)).json()

    second = (await extend(registry, first, b"date,P1,P2,P3\n2024-01-21,7,8,9\n")).json()

    assert second["series_count"] == 2
    assert code_of(second, "new_columns")["severity"] == "warning"


@pytest.mark.parametrize("names", ["2024-01-{:02}", "d_{}"])
async def test_a_file_with_a_column_for_each_date_is_extended_by_columns(
    registry: AsyncClient, names: str
) -> None:
    def table(days: range) -> bytes:
        header = ",".join(names.format(day) for day in days)
        rows = [f"P{p}," + ",".join(str(10 * p + day) for day in days) for p in (1, 2)]
        return "\n".join([f"product,{header}", *rows]).encode()

    mapping = {
        "date": "" if "-" in names else "2024-01-01",
        "target": "sales",
        "ids": ["product"],
        "layout": "dates",
        "values": [names.format(day) for day in range(1, 15)],
    }
    first = (await upload(registry, table(range(1, 15)), mapping)).json()

    answer = await extend(registry, first, table(range(13, 18)))

    assert answer.status_code == 201, answer.text
    second = answer.json()
    assert (second["start"][:10], second["end"][:10]) == ("2024-01-01", "2024-01-17")
    assert (await panel_of(registry, second))["sales"] == [
        *map(float, range(11, 28)),
        *map(float, range(21, 38)),
    ]
    again = await registry.post(
        f"/datasets/{second['id']}/remake", json={"mapping": second["mapping"]}
    )
    assert again.json()["digest"] == second["digest"]


async def test_day_and_month_of_new_rows_stand_as_in_the_rows_before(
    registry: AsyncClient,
) -> None:
    days = [f"{day:02}/05/2024,{day}" for day in range(1, 32)]
    first = (
        await upload(registry, "\n".join(["date,sales", *days]).encode(), LONG | {"ids": []})
    ).json()

    second = (await extend(registry, first, b"date,sales\n01/06/2024,9\n")).json()

    assert (second["start"][:10], second["end"][:10]) == ("2024-05-01", "2024-06-01")


async def test_an_extended_dataset_made_again_keeps_its_history(registry: AsyncClient) -> None:
    first = await make_dataset(registry)
    newer = b"date,store,product,sales\n2024-01-20,S0,P0,99\n2024-01-22,S0,P0,-5\n"
    second = (await extend(registry, first, newer)).json()
    assert (await registry.delete(f"/datasets/{first['id']}")).status_code == 204

    same = await registry.post(
        f"/datasets/{second['id']}/remake", json={"mapping": second["mapping"]}
    )
    fixes = {"negative_values": "zero", "missing_dates": "missing"}
    other = await registry.post(
        f"/datasets/{second['id']}/remake", json={"mapping": second["mapping"] | {"fixes": fixes}}
    )

    assert same.json()["digest"] == second["digest"]
    assert other.status_code == 201, other.text
    panel = await panel_of(registry, other.json())
    assert panel["sales"][18:22] == [18.0, 99.0, None, 0.0]
    assert len(panel["sales"]) == 122
    assert code_of(other.json(), "overlapping_rows")["count"] == 1


async def test_files_read_in_different_ways_are_made_again_together(registry: AsyncClient) -> None:
    first = await make_dataset(registry)
    mapping = json.dumps(LONG | {"date": "day"})
    newer = b"day;store;product;sales\n2024-01-21;S0;P0;7\n"
    second = (await extend(registry, first, newer, mapping=mapping)).json()
    third = (
        await extend(registry, second, b"date,store,product,sales\n2024-01-22,S0,P0,8\n")
    ).json()

    made = await registry.post(
        f"/datasets/{third['id']}/remake",
        json={"mapping": third["mapping"] | {"fixes": {"negative_values": "zero"}}},
    )

    assert made.status_code == 201, made.text
    assert (await panel_of(registry, made.json()))["sales"][19:22] == [19.0, 7.0, 8.0]


async def test_a_sample_is_extended_and_made_again(registry: AsyncClient) -> None:
    request = {"kind": "pharmacy", "stores": 1, "products": 1, "days": 60}
    sample = (await registry.post("/sample-data", json=request)).json()
    panel = await panel_of(registry, sample)
    lines = [",".join(panel), ",".join(str(values[-1]) for values in panel.values())]
    second = await extend(registry, sample, "\n".join(lines).encode())
    assert second.status_code == 201, second.text

    made = await registry.post(
        f"/datasets/{second.json()['id']}/remake", json={"mapping": second.json()["mapping"]}
    )

    assert made.status_code == 201, made.text
    assert made.json()["digest"] == second.json()["digest"]


async def test_a_dataset_deleted_while_it_is_extended_is_not_extended(
    registry: AsyncClient, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await make_dataset(registry)
    beside = work.beside

    async def and_meanwhile(*work: Any) -> Any:
        made = await beside(*work)
        assert (await registry.delete(f"/datasets/{first['id']}")).status_code == 204
        return made

    monkeypatch.setattr(work, "beside", and_meanwhile)

    answer = await extend(registry, first, b"date,store,product,sales\n2024-01-21,S0,P0,50\n")

    problem(answer, 409, "/dataset_id")
    assert (stored.blobs, stored.halves) == (set(), [])
