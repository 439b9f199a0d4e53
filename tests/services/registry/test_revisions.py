"""New versions from old ones, compared, exported, split."""

import csv
import io
from uuid import uuid4

from fastapi import FastAPI
from httpx import AsyncClient
from pyarrow import parquet as pq

from services.registry.settings import RegistrySettings
from tests.services.registry.conftest import Stored, problem
from tests.services.registry.filing import LONG, make_dataset, sales_csv, upload


async def test_the_same_file_and_mapping_give_the_same_digest(registry: AsyncClient) -> None:
    first = await make_dataset(registry, known=["price"])
    second = await make_dataset(registry, known=["price"])

    assert first["digest"] == second["digest"]
    assert first["source_digest"] == second["source_digest"]
    assert first["mapping"]["known"] == ["price"]


async def test_a_dataset_is_made_again_with_other_fixes(registry: AsyncClient) -> None:
    content = sales_csv() + b"2024-01-03,S0,P1,7,1\n"
    fixes = {"duplicate_rows": "sum"}
    first = (await upload(registry, content, LONG | {"fixes": fixes})).json()

    fixes = {"duplicate_rows": "last"}
    answer = await registry.post(
        f"/datasets/{first['id']}/remake", json={"mapping": LONG | {"fixes": fixes}}
    )

    second = answer.json()
    assert (answer.status_code, second["version"]) == (201, 2)
    assert second["parent_id"] == first["id"]
    assert second["digest"] != first["digest"]
    [finding] = [f for f in second["quality"]["findings"] if f["code"] == "duplicate_rows"]
    assert (finding["fix"], finding["count"]) == ("last", 1)
    comparison = (await registry.get(f"/datasets/{second['id']}/compare")).json()
    assert (comparison["changed"], comparison["unchanged"]) == (1, 5)
    assert comparison["mapping_changed"] == ["fixes"]
    [change] = comparison["examples"]
    assert change["keys"] == {"store": "S0", "product": "P1"}
    assert (change["previous_total"], change["total"]) == (197.0, 195.0)


async def test_a_dataset_whose_file_was_not_kept_cannot_be_made_again(
    registry: AsyncClient, settings: RegistrySettings, stored: Stored
) -> None:
    settings.keep_sources = False
    dataset = await make_dataset(registry)

    answer = await registry.post(f"/datasets/{dataset['id']}/remake", json={"mapping": LONG})

    problem(answer, 409, "/dataset_id")
    assert len(stored.blobs) == 2


async def test_a_dataset_is_extended_with_newer_rows(registry: AsyncClient, app: FastAPI) -> None:
    first = await make_dataset(registry, known=["price"])
    newer = b"date,store,product,sales,price\n"
    newer += b"2024-01-19,S0,P0,18,1.5\n2024-01-20,S0,P0,99,1.5\n2024-01-21,S0,P0,20,1.5\n"
    newer += b"".join(b"2024-01-2%d,S9,P0,5,1.5\n" % day for day in range(5))

    answer = await registry.post(
        f"/datasets/{first['id']}/extend", files={"file": ("newer.csv", newer)}
    )

    second = answer.json()
    assert answer.status_code == 201, answer.text
    assert (second["version"], second["series_count"], second["parent_id"]) == (2, 7, first["id"])
    assert second["known"] == ["price"]
    [overlap] = [f for f in second["quality"]["findings"] if f["code"] == "overlapping_rows"]
    assert (overlap["count"], overlap["severity"]) == (2, "warning")
    assert "1 had another value" in overlap["detail"]
    panel = pq.read_table(app.state.store.path(second["digest"])).slice(0, 21)
    assert panel.column("sales").to_pylist()[-3:] == [18.0, 99.0, 20.0]
    comparison = (await registry.get(f"/datasets/{second['id']}/compare")).json()
    assert [comparison[k] for k in ("added", "removed", "extended", "unchanged")] == [1, 0, 1, 5]


async def test_rows_of_another_kind_do_not_extend_a_dataset(registry: AsyncClient) -> None:
    dataset = await make_dataset(registry)
    path = f"/datasets/{dataset['id']}/extend"

    other = await registry.post(path, files={"file": ("a.csv", b"day,units\n2024-01-01,1\n")})
    one = '{"date": "date", "target": "sales", "ids": ["store"], "fixes": {"duplicate_rows":"sum"}}'
    fewer = await registry.post(path, files={"file": ("a.csv", sales_csv())}, data={"mapping": one})

    problem(other, 422, "/mapping/date")
    problem(fewer, 422, "/mapping/ids")
    assert (await registry.get("/datasets")).json()["total"] == 1


async def test_the_first_version_has_none_to_compare_with(registry: AsyncClient) -> None:
    first = await make_dataset(registry)

    answer = await registry.get(f"/datasets/{first['id']}/compare")
    itself = await registry.get(
        f"/datasets/{first['id']}/compare", params={"previous": first["id"]}
    )

    problem(answer, 404, "/previous")
    assert itself.json()["unchanged"] == 6


async def test_an_export_is_what_is_stored_and_no_formula(registry: AsyncClient) -> None:
    content = sales_csv().replace(b"P0", b"=cmd|' /C calc'!A0").replace(b"P1", b"-2+3")
    dataset = (await upload(registry, content, LONG, name="Läden 店铺")).json()
    path = f"/datasets/{dataset['id']}/export"

    text = (await registry.get(path)).content.decode("utf-8-sig")
    binary = await registry.get(path, params={"format": "parquet"})

    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["store", "product", "date", "sales"]
    assert {row[1] for row in rows[1:]} == {"'=cmd|' /C calc'!A0", "'-2+3", "P2"}
    assert rows[1][2:] == ["2024-01-01", "0"]
    assert len(rows) == 121
    assert pq.read_table(io.BytesIO(binary.content)).num_rows == 120
    assert binary.headers["etag"] == f'"{dataset["digest"]}"'


async def test_missing_values_are_mapped(registry: AsyncClient) -> None:
    lines = [f"2024-01-{day:02},{'' if 10 < day < 21 else day}" for day in range(1, 31)]
    content = "\n".join(["date,sales", *lines]).encode()
    dataset = (await upload(registry, content, {"date": "date", "target": "sales"})).json()

    found = (await registry.get(f"/datasets/{dataset['id']}/missing?buckets=3")).json()

    assert found["series"][0]["shares"] == [0.0, 1.0, 0.0]
    assert found["total"] == 1
    assert found["edges"][0] == "2024-01-01T00:00:00Z"


async def test_the_split_is_shown_as_dates(registry: AsyncClient) -> None:
    dataset = await make_dataset(registry)
    path = f"/datasets/{dataset['id']}/split"

    split = (await registry.get(path, params={"validation": 3, "test": 2})).json()

    assert [split[k][:10] for k in ("train_start", "train_end", "validation_end", "test_end")] == [
        "2024-01-01",
        "2024-01-15",
        "2024-01-18",
        "2024-01-20",
    ]
    assert (split["train_steps"], split["validation_steps"], split["test_steps"]) == (15, 3, 2)
    problem(await registry.get(path), 422, "/test")
    assert (await registry.get(f"/datasets/{uuid4()}/split")).status_code == 404
