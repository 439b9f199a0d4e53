"""Models: published once, immutable, found by alias, freed when deleted; on both databases."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import delete, update
from sqlmodel import col, select

from services.registry import blobs
from services.registry.tables import BlobRow, FileRow, VersionRow
from shared.kit.database import now
from tests.services.registry.conftest import Stored, problem
from tests.services.registry.filing import new_version, publish, put_blob

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgres"], indirect=True)
NAME = "kan_product_P001"
INTERNAL = f"/internal/models/{NAME}/versions"


async def test_a_version_is_published_and_read(registry: AsyncClient) -> None:
    published = await publish(registry, content=b"weights")

    for version in ("1", "v1", "best", "latest"):
        read = (await registry.get(f"/models/{NAME}/versions/{version}")).json()
        assert read == published
    model = (await registry.get(f"/models/{NAME}")).json()
    assert model["latest"] == published
    assert (model["version_count"], model["aliases"]) == (1, {"latest": 1, "best": 1})
    assert published["size_bytes"] == len(b"weights")
    assert published["aliases"] == ["best", "latest"]


async def test_a_file_is_downloaded_with_its_digest(registry: AsyncClient) -> None:
    published = await publish(registry, content=b"weights")
    digest = published["files"][0]["digest"]

    file = await registry.get(f"/models/{NAME}/versions/best/files/model.safetensors")
    blob = await registry.get(f"/internal/blobs/{digest}")
    none = await registry.get(f"/models/{NAME}/versions/best/files/..%2f..%2fetc%2fpasswd")

    assert file.content == blob.content == b"weights"
    assert file.headers["etag"] == f'"{digest}"'
    assert none.status_code == 404


async def test_the_same_task_publishes_once_however_many_try(registry: AsyncClient) -> None:
    digest = await put_blob(registry, b"weights")
    new = new_version(digest, 7)

    answers = await asyncio.gather(*(registry.post(INTERNAL, json=new) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert {answer.json()["version"] for answer in answers} == {1}
    assert (await registry.get(f"/models/{NAME}/versions")).json()["total"] == 1


async def test_different_tasks_get_different_numbers(registry: AsyncClient) -> None:
    made = await asyncio.gather(*(publish(registry) for _ in range(5)))

    assert sorted(version["version"] for version in made) == [1, 2, 3, 4, 5]


async def test_best_is_the_lowest_wql_until_it_is_pinned(registry: AsyncClient) -> None:
    for wql in (0.5, 0.2, 0.4, None):
        await publish(registry, wql=wql)
    alias = f"/models/{NAME}/aliases/best"

    assert (await registry.get(f"/models/{NAME}/versions/best")).json()["version"] == 2
    pinned = (await registry.put(alias, json={"version": 3})).json()
    assert pinned["aliases"] == {"best": 3, "latest": 4}
    await publish(registry, wql=0.01)
    assert (await registry.get(f"/models/{NAME}/versions/best")).json()["version"] == 3
    freed = (await registry.put(alias, json={"version": None})).json()
    assert freed["aliases"] == {"best": 5, "latest": 5}


async def test_best_looks_as_far_ahead_as_the_newest(registry: AsyncClient) -> None:
    for horizon, wql in ((1, 0.01), (28, 0.6), (28, 0.4), (28, 0.5)):
        await publish(registry, wql=wql, horizon=horizon)

    assert (await registry.get(f"/models/{NAME}/versions/best")).json()["version"] == 3


async def test_errors_on_different_data_are_compared_by_the_skill(registry: AsyncClient) -> None:
    async def learned(digest: str, wql: float, **metrics: float) -> None:
        dataset = {"id": str(uuid4()), "name": "sales", "version": 1, "digest": digest * 64}
        await publish(registry, dataset=dataset, wql=wql, metrics={"wql": wql, **metrics})

    async def best() -> int:
        return int((await registry.get(f"/models/{NAME}/versions/best")).json()["version"])

    await learned("a", 0.1, skill=0.2)
    await learned("b", 0.5, skill=0.3)
    assert await best() == 2
    await learned("b", 0.4)  # without a skill, so only versions of the newest data compare
    assert await best() == 3
    await learned("b", 0.45, skill=0.1)
    assert await best() == 3


async def test_a_model_that_is_just_being_deleted_is_not_there(
    registry: AsyncClient, app: FastAPI
) -> None:
    await publish(registry)
    await publish(registry, "lstm_global")
    async with app.state.database.write() as session:
        gone = select(VersionRow.id).where(col(VersionRow.model) == NAME)
        await session.exec(delete(FileRow).where(col(FileRow.version_id).in_(gone)))
        await session.exec(delete(VersionRow).where(col(VersionRow.model) == NAME))

    models = (await registry.get("/models")).json()

    assert [model["name"] for model in models["items"]] == ["lstm_global"]
    problem(await registry.get(f"/models/{NAME}"), 404, "/model")


async def test_a_list_of_models_shows_the_newest_version_of_each(registry: AsyncClient) -> None:
    for name in (NAME, "lstm_global", NAME):
        await publish(registry, name)

    models = (await registry.get("/models")).json()["items"]

    shown = {m["name"]: (m["latest"]["version"], m["version_count"]) for m in models}
    assert shown == {NAME: (2, 2), "lstm_global": (1, 1)}


async def test_an_alias_points_to_a_version_that_exists(registry: AsyncClient) -> None:
    await publish(registry)
    path = f"/models/{NAME}/aliases"

    champion = await registry.put(f"{path}/champion", json={"version": 1})
    latest = await registry.put(f"{path}/latest", json={"version": 1})
    unknown = await registry.put(f"{path}/champion", json={"version": 9})
    odd = await registry.put(f"{path}/Best%20One", json={"version": 1})
    number = await registry.put(f"{path}/v2", json={"version": 1})
    none = await registry.put("/models/none/aliases/champion", json={"version": 1})

    assert champion.json()["aliases"]["champion"] == 1
    assert latest.status_code == 409
    problem(unknown, 404, "/version")
    problem(odd, 422, "/alias")
    assert "v2" in problem(number, 422, "/alias")
    problem(none, 404, "/model")


async def test_deleting_a_version_frees_what_no_other_needs(
    registry: AsyncClient, stored: Stored
) -> None:
    await publish(registry, content=b"shared")
    await publish(registry, content=b"shared")
    await publish(registry, content=b"alone")
    shared = hashlib.sha256(b"shared").hexdigest()

    await registry.delete(f"/models/{NAME}/versions/3")
    await registry.delete(f"/models/{NAME}/versions/1")
    assert stored.blobs == {shared}
    gone = await registry.delete(f"/models/{NAME}")

    assert gone.status_code == 204
    assert stored.blobs == set()
    assert (await registry.get(f"/models/{NAME}")).status_code == 404
    again = await publish(registry)
    assert again["version"] == 4, "a number is never used twice"


async def test_an_uploaded_blob_outlives_the_version_that_had_the_same(
    registry: AsyncClient, stored: Stored
) -> None:
    await publish(registry, content=b"weights")
    digest = await put_blob(registry, b"weights")  # another runner is about to publish

    await registry.delete(f"/models/{NAME}")

    assert stored.blobs == {digest}
    answer = await registry.post(INTERNAL, json=new_version(digest, 7))
    assert answer.status_code == 201


async def test_a_blob_that_nobody_publishes_lapses(
    registry: AsyncClient, app: FastAPI, stored: Stored
) -> None:
    digest = await put_blob(registry, b"weights")
    await blobs.free(app.state.database, app.state.store)
    assert stored.blobs == {digest}

    async with app.state.database.write() as session:
        past = now() - timedelta(seconds=1)
        await session.exec(update(BlobRow).values(promised_until=past))
    await blobs.free(app.state.database, app.state.store)

    assert stored.blobs == set()
    assert (await registry.get(f"/internal/blobs/{digest}")).status_code == 404


async def test_only_files_that_nobody_entered_are_swept(
    registry: AsyncClient, app: FastAPI, stored: Stored
) -> None:
    digest = await put_blob(registry, b"weights")
    lost = await app.state.store.put(_pieces(b"lost"))

    young = await blobs.sweep(app.state.database, app.state.store, before=0)
    old = await blobs.sweep(app.state.database, app.state.store, before=time.time() + 10)

    assert (young, old) == (0, 1)
    assert lost.digest not in stored.blobs
    assert stored.blobs == {digest}


async def _pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def test_a_blob_must_be_what_its_name_says(registry: AsyncClient, stored: Stored) -> None:
    answer = await registry.put(f"/internal/blobs/{'0' * 64}", content=b"something else")

    problem(answer, 422, "/digest")
    assert (stored.blobs, stored.halves) == (set(), [])
    assert (await registry.get("/internal/blobs/nothing")).status_code == 404


@pytest.mark.parametrize("name", ["model.pkl", "model.pt", "model.bin", "model.joblib"])
async def test_a_format_that_can_run_code_is_refused(registry: AsyncClient, name: str) -> None:
    digest = await put_blob(registry, b"weights")
    files = [{"name": name, "digest": digest, "size_bytes": 7}]

    answer = await registry.post(INTERNAL, json=new_version(digest, 7, files=files))

    assert "can run code" in problem(answer, 422, "/files/0/name")


async def test_files_must_be_there_with_their_size(registry: AsyncClient) -> None:
    digest = await put_blob(registry, b"weights")
    files = [
        {"name": "model.safetensors", "digest": "f" * 64, "size_bytes": 7},
        {"name": "manifest.json", "digest": digest, "size_bytes": 8},
    ]

    answer = await registry.post(INTERNAL, json=new_version(digest, 7, files=files))

    problem(answer, 422, "/files/0/digest")
    problem(answer, 422, "/files/1/size_bytes")
    assert (await registry.get("/models")).json()["total"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"files": []},
        {"files": [{"name": "../m.json", "digest": "0" * 64, "size_bytes": 1}]},
        {"colour": "red"},
        {"metrics": {"wql": "NaN"}},
    ],
)
async def test_a_wrong_publication_is_refused(registry: AsyncClient, change: Any) -> None:
    digest = await put_blob(registry, b"weights")

    answer = await registry.post(INTERNAL, json=new_version(digest, 7) | change)

    assert answer.status_code == 422


async def test_models_are_listed_by_their_last_change(registry: AsyncClient) -> None:
    dataset = {"id": str(uuid4()), "name": "sales", "version": 1, "digest": "0" * 64}
    for name in ("kan_global", "lstm_global", "kan_store_S001"):
        await publish(registry, name, dataset=dataset)
    await publish(registry, "kan_global", algorithm="lstm")

    async def names(**params: Any) -> list[str]:
        page = (await registry.get("/models", params=params)).json()
        return [model["name"] for model in page["items"]]

    assert await names() == ["kan_global", "kan_store_S001", "lstm_global"]
    assert await names(search="STORE") == ["kan_store_S001"]
    assert await names(algorithm="lstm") == ["kan_global"]
    assert len(await names(dataset_id=dataset["id"])) == 3
    first = (await registry.get("/models", params={"page_size": 2})).json()
    assert await names(page_token=first["next_page_token"]) == ["lstm_global"]


async def test_an_unknown_model_or_version_is_not_found(registry: AsyncClient) -> None:
    await publish(registry)

    for path in ("/models/x", "/models/x/versions", "/models/x/versions/best"):
        problem(await registry.get(path), 404, "/model")
    for version in ("2", "0", "-1", "champion", "9" * 30):
        answer = await registry.get(f"/models/{NAME}/versions/{version}")
        problem(answer, 404, "/version")
    assert (await registry.delete("/models/x")).status_code == 404
