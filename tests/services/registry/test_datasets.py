"""Datasets in the registry: found, looked at, deleted; on both databases where they decide."""

import asyncio
import datetime as dt
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from services.registry.settings import RegistrySettings
from tests.services.registry.conftest import Stored, problem
from tests.services.registry.filing import LONG, make_dataset, publish, sales_csv, upload

both = pytest.mark.parametrize("database_kind", ["sqlite", "postgres"], indirect=True)


@both
async def test_a_dataset_can_be_read_listed_and_deleted(
    registry: AsyncClient, stored: Stored
) -> None:
    dataset = await make_dataset(registry)

    read = (await registry.get(f"/datasets/{dataset['id']}")).json()
    listed = (await registry.get("/datasets", params={"search": "SAL"})).json()
    newest = (await registry.get("/internal/datasets/latest", params={"name": "sales"})).json()
    gone = await registry.delete(f"/datasets/{dataset['id']}")
    again = await registry.delete(f"/datasets/{dataset['id']}")

    assert read == dataset == newest == listed["items"][0]
    assert (gone.status_code, again.status_code) == (204, 404)
    assert stored.blobs == set()


@both
async def test_versions_of_one_name_are_given_out_once(registry: AsyncClient) -> None:
    made = await asyncio.gather(*(make_dataset(registry) for _ in range(5)))

    assert sorted(dataset["version"] for dataset in made) == [1, 2, 3, 4, 5]


@both
async def test_a_dataset_that_a_model_needs_is_kept_unless_forced(registry: AsyncClient) -> None:
    dataset = await make_dataset(registry)
    await publish(registry, "kan_global", dataset=dataset)

    refused = await registry.delete(f"/datasets/{dataset['id']}")
    forced = await registry.delete(f"/datasets/{dataset['id']}", params={"force": True})

    assert "kan_global" in problem(refused, 409, "/dataset_id")
    assert forced.status_code == 204
    version = (await registry.get("/models/kan_global/versions/1")).json()
    assert version["lineage"]["dataset_deleted"] is True
    assert version["lineage"]["dataset_name"] == "sales"


@both
async def test_datasets_come_in_pages(registry: AsyncClient) -> None:
    made = [(await make_dataset(registry))["id"] for _ in range(5)]

    seen, token = [], None
    while True:
        params = {"page_size": 2} | ({"page_token": token} if token else {})
        page = (await registry.get("/datasets", params=params)).json()
        seen += [dataset["id"] for dataset in page["items"]]
        token = page["next_page_token"]
        if token is None:
            break

    assert (seen, page["total"]) == (made[::-1], 5)
    wrong = await registry.get("/datasets", params={"page_token": "x"})
    problem(wrong, 422, "/page_token")


async def test_two_datasets_share_a_blob_until_the_last_is_deleted(
    registry: AsyncClient, stored: Stored
) -> None:
    first, second = await make_dataset(registry), await make_dataset(registry)

    await registry.delete(f"/datasets/{first['id']}")
    assert second["digest"] in stored.blobs
    await registry.delete(f"/datasets/{second['id']}")

    assert stored.blobs == set()


async def test_series_are_found_by_name_and_by_ids(registry: AsyncClient) -> None:
    dataset = await make_dataset(registry)
    path = f"/datasets/{dataset['id']}/series"

    everything = (await registry.get(path)).json()
    searched = (await registry.get(path, params={"search": "s1 p2"})).json()
    chosen = (await registry.get(path, params={"where": ["store:S0", "product:P1"]})).json()
    nothing = (await registry.get(path, params={"where": "store:S9"})).json()

    assert everything["total"] == 6
    assert [s["keys"] for s in searched["items"]] == [{"store": "S1", "product": "P2"}]
    [series] = chosen["items"]
    assert (series["length"], series["mean"], series["total"]) == (20, 9.5, 190.0)
    assert (series["zero_share"], series["demand"]) == (0.05, "smooth")
    assert nothing["items"] == []
    problem(await registry.get(path, params={"where": "colour:red"}), 422, "/where/0")
    problem(await registry.get(path, params={"sort": "colour"}), 422, "/sort")


async def test_series_come_in_pages_in_the_order_of_a_figure(registry: AsyncClient) -> None:
    dataset = await make_dataset(registry)
    path = f"/datasets/{dataset['id']}/series"

    first = (await registry.get(path, params={"sort": "-mean", "page_size": 4})).json()
    token = first["next_page_token"]
    rest = (await registry.get(path, params={"sort": "-mean", "page_token": token})).json()

    means = [series["mean"] for series in first["items"] + rest["items"]]
    assert means == [19.5] * 3 + [9.5] * 3
    assert rest["next_page_token"] is None


async def test_values_of_one_series(registry: AsyncClient) -> None:
    dataset = await make_dataset(registry)
    path = f"/datasets/{dataset['id']}/values"
    one = {"where": ["store:S1", "product:P0"]}

    values = (await registry.get(path, params=one)).json()
    part = (
        await registry.get(path, params=one | {"start": "2024-01-03", "end": "2024-01-04"})
    ).json()

    assert values["points"][3] == {"date": "2024-01-04T00:00:00Z", "value": 13.0}
    assert (len(values["points"]), values["thinned"]) == (20, False)
    assert [point["value"] for point in part["points"]] == [12.0, 13.0]
    problem(await registry.get(path, params={"where": "store:S1"}), 422, "/where")
    problem(await registry.get(path, params={"where": "store:S7"}), 404, "/where")


async def test_totals_are_summed_over_the_series_that_match(registry: AsyncClient) -> None:
    dataset = await make_dataset(registry)
    path = f"/datasets/{dataset['id']}/values"

    store = (await registry.get(path, params={"where": "store:S1", "total": True})).json()
    everything = (await registry.get(path, params={"total": True})).json()

    assert [p["value"] for p in store["points"]][:3] == [30.0, 33.0, 36.0]
    assert (store["series_count"], store["keys"]) == (3, {"store": "S1"})
    assert [p["value"] for p in everything["points"]][:3] == [30.0, 36.0, 42.0]


async def test_thinning_keeps_peaks_and_gaps(registry: AsyncClient) -> None:
    first = dt.date(2000, 1, 1)
    values: list[object] = [day % 7 for day in range(9000)]
    values[4321], values[6000] = 999, ""
    rows = [f"{first + dt.timedelta(days=i)},{v}" for i, v in enumerate(values)]
    content = "\n".join(["date,sales", *rows]).encode()
    dataset = (await upload(registry, content, {"date": "date", "target": "sales"})).json()

    path = f"/datasets/{dataset['id']}/values"
    thinned = (await registry.get(path, params={"limit": 100})).json()

    shown = [point["value"] for point in thinned["points"]]
    assert len(shown) <= 100
    assert thinned["thinned"] is True
    assert 999.0 in shown
    assert None in shown
    assert thinned["points"][-1]["date"] == dataset["end"]


async def test_the_ids_and_the_quality_can_be_read(registry: AsyncClient) -> None:
    dataset = await make_dataset(registry)

    ids = (await registry.get(f"/datasets/{dataset['id']}/ids")).json()
    quality = (await registry.get(f"/datasets/{dataset['id']}/quality")).json()

    assert ids[0] == {
        "name": "store",
        "value_count": 2,
        "values": [{"value": "S0", "series_count": 3}, {"value": "S1", "series_count": 3}],
    }
    assert quality["zero_share"] == pytest.approx(3 / 120)


async def test_values_are_cut_at_moments_of_any_offset(registry: AsyncClient) -> None:
    hours = [f"2024-01-01T{hour:02}:00,{hour}" for hour in range(24)]
    content = "\n".join(["date,sales", *hours]).encode()
    dataset = (await upload(registry, content, {"date": "date", "target": "sales"})).json()

    cut = {"start": "2024-01-01T10:00:00+08:00", "end": "2024-01-01T02:00:00-02:00"}
    found = (await registry.get(f"/datasets/{dataset['id']}/values", params=cut)).json()

    assert [point["value"] for point in found["points"]] == [2.0, 3.0, 4.0]


@pytest.mark.parametrize("path", ["series", "missing"])
@pytest.mark.parametrize("token", ["WyJhIl0=", "WyItNSJd"])
async def test_a_token_of_another_place_is_refused(
    registry: AsyncClient, path: str, token: str
) -> None:
    dataset = await make_dataset(registry)

    answer = await registry.get(f"/datasets/{dataset['id']}/{path}", params={"page_token": token})

    problem(answer, 422, "/page_token")


@pytest.mark.parametrize("path", ["", "/series", "/values", "/ids", "/quality"])
async def test_an_unknown_dataset_is_not_found(registry: AsyncClient, path: str) -> None:
    answer = await registry.get(f"/datasets/{uuid4()}{path}")

    problem(answer, 404, "/dataset_id")


async def test_totals_of_the_registry(registry: AsyncClient) -> None:
    await make_dataset(registry)
    await make_dataset(registry)
    await upload(registry, sales_csv(stores=1), LONG, name="other")
    await publish(registry)

    stats = (await registry.get("/internal/stats")).json()

    assert stats["storage_bytes"] > 0
    del stats["storage_bytes"]
    # series count once for each name: those of its newest version
    assert stats == {"datasets": 3, "series": 9, "models": 1, "versions": 1}


async def test_it_is_ready(registry: AsyncClient, app: FastAPI, settings: RegistrySettings) -> None:
    assert (await registry.get("/readyz")).json()["status"] == "ready"
