import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest

from services.prediction import history
from services.prediction.tables import SCHEMA, ForecastRow
from shared.contracts.forecasts import ForecastSummary
from shared.kit import migrations
from shared.kit.database import Database, now
from shared.kit.errors import Invalid, NotFound
from shared.kit.storage import BlobStore

REST = b'{"target":"sales","series":[]}'


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = (
        f"sqlite+aiosqlite:///{tmp_path / 'prediction.sqlite'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    database = Database(url, SCHEMA)
    await migrations.upgrade(database)
    yield database
    await database.close()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "predictions")


def row(packed: history.Packed, model: str = "lstm", dataset_id: UUID | None = None) -> ForecastRow:
    return ForecastRow(
        id=uuid4(),
        model=model,
        version=1,
        algorithm="lstm",
        dataset_id=dataset_id or uuid4(),
        dataset_name="pharmacy",
        frequency="D",
        horizon=28,
        start=now(),
        series_count=1,
        first_series={"store_id": "S1"},
        seconds=0.0123,
        size_bytes=len(packed.content),
        digest=packed.digest,
        created_at=now(),
    )


async def keep(
    database: Database,
    blobs: BlobStore,
    rest: bytes = REST,
    model: str = "lstm",
    dataset_id: UUID | None = None,
) -> ForecastRow:
    packed = history.pack(rest)
    made = row(packed, model, dataset_id)
    await history.keep(database, blobs, made, packed)
    return made


async def test_a_forecast_comes_back_byte_for_byte(database: Database, blobs: BlobStore) -> None:
    made = await keep(database, blobs)

    found = await history.get(database, blobs, made.id)

    assert found == history.join(made, REST)
    assert orjson.loads(found)["target"] == "sales"
    assert ForecastSummary.model_validate_json(found).seconds == made.seconds


async def test_equal_results_share_a_blob_until_the_last_goes(
    database: Database, blobs: BlobStore
) -> None:
    first, second = await keep(database, blobs), await keep(database, blobs)
    assert first.digest == second.digest
    assert await history.stats(database) == {"forecasts": 2, "storage_bytes": first.size_bytes}

    await history.delete(database, blobs, first.id)
    assert await history.get(database, blobs, second.id)

    await history.delete(database, blobs, second.id)
    assert not blobs.has(first.digest)
    assert await history.stats(database) == {"forecasts": 0, "storage_bytes": 0}


async def test_a_row_that_cannot_be_written_leaves_no_blob(
    database: Database, blobs: BlobStore
) -> None:
    made = await keep(database, blobs)
    packed = history.pack(b'{"target":"other"}')
    twin = row(packed)
    twin.id = made.id

    with pytest.raises(Exception, match=r"(?i)unique"):
        await history.keep(database, blobs, twin, packed)

    assert not blobs.has(packed.digest)
    assert await history.get(database, blobs, made.id)


async def test_keeping_and_deleting_the_same_result_at_once_loses_nothing(
    database: Database, blobs: BlobStore
) -> None:
    old = [await keep(database, blobs) for _ in range(10)]

    kept, _ = await asyncio.gather(
        asyncio.gather(*(keep(database, blobs) for _ in range(10))),
        asyncio.gather(*(history.delete(database, blobs, one.id) for one in old)),
    )

    for one in kept:
        assert await history.get(database, blobs, one.id) == history.join(one, REST)


async def test_what_is_not_there_is_not_found(database: Database, blobs: BlobStore) -> None:
    made = await keep(database, blobs)
    await history.delete(database, blobs, made.id)

    with pytest.raises(NotFound):
        await history.get(database, blobs, made.id)
    with pytest.raises(NotFound):
        await history.delete(database, blobs, made.id)


async def test_a_result_lost_from_the_disk_is_said_to_be_lost(
    database: Database, blobs: BlobStore
) -> None:
    made = await keep(database, blobs)
    blobs.delete(made.digest)

    with pytest.raises(NotFound, match="no longer on the disk"):
        await history.get(database, blobs, made.id)
    await history.delete(database, blobs, made.id)


async def test_the_list_is_newest_first_in_pages(database: Database, blobs: BlobStore) -> None:
    made = [(await keep(database, blobs)).id for _ in range(5)]

    first = await history.page(database, 3, None)
    second = await history.page(database, 3, first.next_page_token)

    assert [item.id for item in (*first.items, *second.items)] == made[::-1]
    assert (first.total, second.next_page_token) == (5, None)


async def test_the_list_can_be_narrowed(database: Database, blobs: BlobStore) -> None:
    dataset_id = uuid4()
    wanted = await keep(database, blobs, model="kan", dataset_id=dataset_id)
    await keep(database, blobs, model="kan")
    await keep(database, blobs, model="lstm", dataset_id=dataset_id)

    found = await history.page(database, 10, None, model="kan", dataset_id=dataset_id)

    assert [item.id for item in found.items] == [wanted.id]
    assert found.total == 1


async def test_a_token_of_another_list_is_refused(database: Database) -> None:
    with pytest.raises(Invalid):
        await history.page(database, 3, "nonsense")
