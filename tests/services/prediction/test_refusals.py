"""What cannot be forecast is refused: the field, what would do, and nothing is kept."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from httpx import AsyncClient

from services.prediction.settings import PredictionSettings
from shared.contracts.datasets import Dataset
from shared.forecasting import FittedModel, Scope
from tests.services.prediction.asking import MODEL, ONE, ask, pointers, refused
from tests.services.prediction.examples import LAST, fit, sales
from tests.services.prediction.registry import Registry


@pytest.fixture
def settings(settings: PredictionSettings) -> PredictionSettings:
    return settings.model_copy(update={"prediction_max_series": 3, "prediction_max_draws": 100_000})


@pytest.fixture
async def dataset(registry: Registry, naive: FittedModel) -> Dataset:
    dataset = await registry.add_dataset(sales())
    await registry.publish(naive, dataset, MODEL)
    return dataset


async def test_an_unknown_model_is_not_found(prediction: AsyncClient, dataset: Dataset) -> None:
    problem = await refused(prediction, 404, model="nobody")

    assert pointers(problem) == ["/model"]
    assert "'nobody'" in problem.detail


async def test_an_unknown_version_is_not_found(prediction: AsyncClient, dataset: Dataset) -> None:
    problem = await refused(prediction, 404, version=7)

    assert pointers(problem) == ["/version"]
    assert "version 7" in problem.detail


async def test_an_unknown_dataset_is_not_found(prediction: AsyncClient, dataset: Dataset) -> None:
    problem = await refused(prediction, 404, dataset_id=str(uuid4()))

    assert pointers(problem) == ["/dataset_id"]


async def test_a_model_whose_dataset_was_deleted_asks_for_another_one(
    prediction: AsyncClient, registry: Registry, dataset: Dataset
) -> None:
    await registry.delete_dataset(dataset)

    problem = await refused(prediction, 404)

    assert pointers(problem) == ["/dataset_id"]
    assert "'pharmacy'" in problem.detail


async def test_every_unknown_series_is_named(prediction: AsyncClient, dataset: Dataset) -> None:
    series = [ONE, {"store": "S9", "product": "P1"}, {"store": "S1", "product": "P9"}]

    problem = await refused(prediction, 422, series=series)

    assert pointers(problem) == ["/series/1", "/series/2"]
    assert "S9" in problem.errors[0].detail


async def test_a_series_named_by_other_columns_is_refused(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    problem = await refused(prediction, 422, series=[{"shop": "S1"}])

    assert pointers(problem) == ["/series/0"]
    assert "store, product" in problem.detail


async def test_a_series_named_twice_is_refused(prediction: AsyncClient, dataset: Dataset) -> None:
    assert pointers(await refused(prediction, 422, series=[ONE, ONE])) == ["/series/1"]


async def test_no_series_at_all_is_refused(prediction: AsyncClient, dataset: Dataset) -> None:
    assert pointers(await refused(prediction, 422, series=[])) == ["/series"]


async def test_a_scope_with_too_many_series_asks_to_name_some(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    problem = await refused(prediction, 413, series=None)

    assert pointers(problem) == ["/series"]
    assert "4 series" in problem.detail


async def test_too_many_paths_for_so_many_steps_are_refused(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    problem = await refused(prediction, 413, horizon=1000, paths=2000)

    assert pointers(problem) == ["/paths"]


@pytest.mark.parametrize("level", [0, 1, -0.5, 1.5])
async def test_a_quantile_outside_of_zero_to_one_is_refused(
    prediction: AsyncClient, dataset: Dataset, level: float
) -> None:
    assert pointers(await refused(prediction, 422, quantiles=[0.5, level])) == ["/quantiles/1"]


async def test_a_start_past_the_data_says_what_is_allowed(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    start = (LAST + timedelta(days=2)).date().isoformat()

    problem = await refused(prediction, 422, start=start)

    assert pointers(problem) == ["/start"]
    assert "from 2024-01-02" in problem.detail
    assert "to 2024-04-30" in problem.detail


@pytest.mark.parametrize("start", ["2024-01-01", "1999-12-31", "9999-12-31"])
async def test_a_start_without_anything_before_it_is_refused(
    prediction: AsyncClient, dataset: Dataset, start: str
) -> None:
    assert pointers(await refused(prediction, 422, start=start)) == ["/start"]


async def test_a_start_between_two_steps_is_refused(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    problem = await refused(prediction, 422, start="2024-04-01T07:30:00")

    assert pointers(problem) == ["/start"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon": 0},
        {"horizon": "a week"},
        {"paths": 0},
        {"history": -1},
        {"version": "the newest"},
        {"quantiles": []},
        {"fill": {"price": "guess"}},
        {"unknown": 1},
    ],
    ids=str,
)
async def test_a_wrong_field_is_named(
    prediction: AsyncClient, dataset: Dataset, wrong: dict[str, Any]
) -> None:
    problem = await refused(prediction, 422, **wrong)

    assert pointers(problem)[0].startswith("/" + next(iter(wrong)))


async def test_infinity_is_not_a_quantile(prediction: AsyncClient, dataset: Dataset) -> None:
    answer = await prediction.post(
        "/prediction",
        content=b'{"model": "m", "quantiles": [NaN, Infinity]}',
        headers={"content-type": "application/json"},
    )

    assert answer.status_code == 422


async def test_a_dataset_with_other_ids_is_refused(
    prediction: AsyncClient, registry: Registry, dataset: Dataset
) -> None:
    table = sales().rename_columns(["shop", "item", "date", "sales"])
    other = await registry.add_dataset(table, name="other")

    for series in ([ONE], [{"shop": "S1", "item": "P1"}], None):
        problem = await refused(prediction, 422, dataset_id=str(other.id), series=series)
        assert pointers(problem) == ["/dataset_id"]


async def test_a_dataset_without_the_models_scope_is_refused(
    prediction: AsyncClient, registry: Registry, dataset: Dataset
) -> None:
    await registry.publish(fit(sales(), scope=Scope("store", {"store": "S2"})), dataset, "store")
    table = sales()
    first_store = table.slice(0, table.num_rows // 2)
    other = await registry.add_dataset(first_store, name="first store")

    problem = await refused(prediction, 422, model="store", dataset_id=str(other.id), series=None)

    assert pointers(problem) == ["/dataset_id"]
    assert "store S2" in problem.detail


async def test_a_series_without_values_is_left_out_unless_it_is_named(
    prediction: AsyncClient, registry: Registry, dataset: Dataset
) -> None:
    table = sales()
    values = table.column("sales").to_pylist()
    values[-120:] = [None] * 120
    gone = {"store": "S2", "product": "P2"}
    table = table.set_column(3, "sales", pa.array(values, pa.float64()))
    other = await registry.add_dataset(table, name="with an empty series")

    problem = await refused(prediction, 422, dataset_id=str(other.id), series=[gone])
    answer = await ask(prediction, dataset_id=str(other.id), series=None)

    assert pointers(problem) == ["/series/0"]
    assert answer.json()["series_count"] == 3


@pytest.mark.parametrize(
    "wanted",
    [
        {"model": "\ud800"},
        {"model": "\x00"},
        {"model": ".."},
        {"model": "a/../b"},
        {"series": [{"store": "\ud800", "product": "P1"}]},
        {"series": [{"store": "\x00", "product": "P1"}]},
        {"series": [{"\ud800": "S1"}]},
        {"future": [{"\ud800": "\ud800"}]},
        {"future": [{"store": "\ud800", "product": "P1", "date": "2024-04-30"}]},
        {"fill": {"\ud800": "last"}},
    ],
    ids=ascii,
)
async def test_texts_that_cannot_be_are_refused(
    prediction: AsyncClient, dataset: Dataset, wanted: dict[str, Any]
) -> None:
    body = {"model": MODEL, "series": [ONE], **wanted}

    answer = await prediction.post(
        "/prediction", content=json.dumps(body), headers={"content-type": "application/json"}
    )

    assert answer.status_code in (404, 422), answer.text
    assert (await prediction.get("/internal/stats")).json()["forecasts"] == 0
