"""Known covariates of the horizon: given, filled in, or missing gap by gap."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from httpx import AsyncClient

from shared.contracts.datasets import Dataset
from shared.contracts.forecasts import Forecast
from shared.forecasting import FittedModel
from tests.services.prediction.asking import ONE, ask, pointers, refused
from tests.services.prediction.examples import LAST, sales
from tests.services.prediction.registry import Registry


@pytest.fixture
async def priced(registry: Registry, priced_lstm: FittedModel) -> Dataset:
    dataset = await registry.add_dataset(sales(price=True), name="priced")
    await registry.publish(priced_lstm, dataset, "priced")
    return dataset


async def test_missing_covariates_are_listed_one_by_one(
    prediction: AsyncClient, priced: Dataset
) -> None:
    problem = await refused(prediction, 422, model="priced", horizon=2)

    assert [(error.pointer, error.detail) for error in problem.errors] == [
        ("/future", "'price' of store S1, product P1 on 2024-04-30"),
        ("/future", "'price' of store S1, product P1 on 2024-05-01"),
    ]
    assert "2 values" in problem.detail
    assert all(policy in problem.detail for policy in ("last", "zero", "mean"))


async def test_of_many_missing_covariates_the_first_are_listed(
    prediction: AsyncClient, priced: Dataset
) -> None:
    problem = await refused(prediction, 422, model="priced", horizon=30)

    assert "30 values" in problem.detail
    assert len(problem.errors) == 20


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({**ONE, "date": "2024-04-30", "price": "cheap"}, "/future/0/price"),
        ({**ONE, "date": "someday", "price": 1}, "/future/0/date"),
        ({**ONE, "price": 1}, "/future/0/date"),
        ({"store": "S9", "product": "P1", "date": "2024-04-30", "price": 1}, "/future/0"),
        ({**ONE, "date": "2024-04-30", "weather": 1}, "/future/0/weather"),
    ],
)
async def test_a_wrong_future_row_is_named(
    prediction: AsyncClient, priced: Dataset, row: dict[str, Any], pointer: str
) -> None:
    assert pointers(await refused(prediction, 422, model="priced", future=[row])) == [pointer]


async def test_a_fill_policy_for_an_unknown_column_is_refused(
    prediction: AsyncClient, priced: Dataset
) -> None:
    problem = await refused(prediction, 422, model="priced", fill={"weather": "last"})

    assert pointers(problem) == ["/fill/weather"]


async def test_a_dataset_without_the_models_covariates_is_refused(
    prediction: AsyncClient, registry: Registry, priced: Dataset
) -> None:
    dataset = await registry.add_dataset(sales())

    problem = await refused(prediction, 422, model="priced", dataset_id=str(dataset.id))

    assert pointers(problem) == ["/dataset_id"]
    assert "'price'" in problem.detail


async def test_known_covariates_can_be_given_or_filled_in(
    prediction: AsyncClient, priced: Dataset
) -> None:
    future = [
        {**ONE, "date": (LAST + timedelta(days=day)).date().isoformat(), "price": 1.5}
        for day in range(1, 8)
    ]

    given = await ask(prediction, model="priced", future=future)
    filled = await ask(prediction, model="priced", fill={"price": "mean"})

    forecasts = [Forecast.model_validate_json(answer.content) for answer in (given, filled)]
    assert [len(forecast.series[0].forecast) for forecast in forecasts] == [7, 7]
    assert forecasts[0].request.future[0]["price"] == 1.5


async def test_days_that_a_known_column_singles_out_are_marked(
    prediction: AsyncClient, registry: Registry, priced_lstm: FittedModel
) -> None:
    table = sales(price=True)
    promoted = pa.array([float(row % 30 == 0) for row in range(len(table))])
    dataset = await registry.add_dataset(table.set_column(4, "price", promoted), name="promoted")
    await registry.publish(priced_lstm, dataset, "promoted")
    planned = (LAST + timedelta(days=3)).date().isoformat()
    future = [{**ONE, "date": planned, "price": 1}]

    answer = await ask(prediction, model="promoted", future=future, fill={"price": "zero"})

    [series] = Forecast.model_validate_json(answer.content).series
    assert [mark.first.date().isoformat() for mark in series.marks] == [
        "2024-01-31", "2024-03-01", "2024-03-31", planned
    ]  # fmt: skip
    assert {mark.column for mark in series.marks} == {"price"}
