"""A forecast as a client sees it: what it holds, how it is kept, found again and exported."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
from httpx import AsyncClient

from shared.contracts.datasets import Dataset
from shared.contracts.forecasts import Forecast
from shared.forecasting import FittedModel, Scope
from tests.services.prediction.examples import DAYS, FIRST, LAST, fit, sales
from tests.services.prediction.registry import Line, Registry

MODEL = "lstm_global"
ONE = {"store": "S1", "product": "P1"}
GAPPY = {"store": "S2", "product": "P2"}


@pytest.fixture
async def dataset(registry: Registry, lstm: FittedModel) -> Dataset:
    dataset = await registry.add_dataset(sales())
    await registry.publish(lstm, dataset, MODEL)
    return dataset


async def make(prediction: AsyncClient, **request: Any) -> Forecast:
    answer = await prediction.post("/prediction", json={"model": MODEL, **request})
    assert answer.status_code == 200, answer.text
    return Forecast.model_validate_json(answer.content)


async def test_a_forecast_covers_every_series_of_the_scope(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    forecast = await make(prediction)

    assert [series.keys for series in forecast.series] == [
        {"store": store, "product": product} for store in ("S1", "S2") for product in ("P1", "P2")
    ]
    first = forecast.series[0]
    assert [point.date for point in first.forecast] == [
        LAST + timedelta(days=day) for day in range(1, 8)
    ]
    assert first.actuals is None
    assert list(first.forecast[0].quantiles) == ["0.025", "0.1", "0.5", "0.9", "0.975"]


async def test_the_summary_says_what_was_forecast_by_what(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    forecast = await make(prediction, series=[GAPPY])

    assert (forecast.model, forecast.version, forecast.algorithm) == (MODEL, 1, "lstm")
    assert (forecast.dataset_id, forecast.dataset_name) == (dataset.id, "pharmacy")
    assert (forecast.frequency, forecast.horizon, forecast.target) == ("D", 7, "sales")
    assert (forecast.series_count, forecast.first_series) == (1, GAPPY)
    assert forecast.start == LAST + timedelta(days=1)
    assert forecast.seconds > 0
    assert forecast.size_bytes > 0
    assert forecast.request.series == [GAPPY]


async def test_series_come_in_the_order_asked_for(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    forecast = await make(prediction, series=[GAPPY, ONE])

    assert [series.keys for series in forecast.series] == [GAPPY, ONE]


async def test_a_series_is_forecast_the_same_whatever_else_is_asked_for(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    alone = await make(prediction, series=[GAPPY])
    together = await make(prediction)

    assert together.series[3].forecast == alone.series[0].forecast


async def test_the_history_ends_before_the_start_and_shows_gaps(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    start = FIRST + timedelta(days=15)
    forecast = await make(prediction, series=[GAPPY], start=start.isoformat(), history=10)

    history = forecast.series[0].history
    assert [point.date for point in history] == [
        FIRST + timedelta(days=day) for day in range(5, 15)
    ]
    assert [point.value is None for point in history] == [False] * 5 + [True] * 5


async def test_the_history_is_as_long_as_there_is(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    assert len((await make(prediction, series=[ONE], history=9999)).series[0].history) == DAYS
    assert (await make(prediction, series=[ONE], history=0)).series[0].history == []


async def test_a_start_in_the_past_shows_what_really_happened(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    start = LAST - timedelta(days=6)
    series = (await make(prediction, series=[ONE], start=start.date().isoformat())).series[0]

    assert series.actuals is not None
    assert [p.date for p in series.actuals] == [p.date for p in series.forecast]
    actual = [point.value or 0 for point in series.actuals]
    median = [point.quantiles["0.5"] for point in series.forecast]
    wape = sum(abs(a - m) for a, m in zip(actual, median, strict=True)) / sum(actual)
    assert series.analysis["wape"] == pytest.approx(wape, rel=1e-4)
    assert series.total.actual == pytest.approx(sum(actual))
    assert set(series.analysis) == {
        "wape", "bias", "mase", "coverage", "coverage_expected", "change"
    }  # fmt: skip
    assert series.analysis["coverage_expected"] == pytest.approx(0.95)


async def test_a_forecast_of_the_past_sees_nothing_of_what_came_after(
    prediction: AsyncClient, registry: Registry, dataset: Dataset
) -> None:
    start = LAST - timedelta(days=20)
    short = await registry.add_dataset(sales(days=DAYS - 21), name="short")

    then = await make(prediction, start=start.isoformat())
    really_then = await make(prediction, dataset_id=str(short.id))

    assert [s.forecast for s in then.series] == [s.forecast for s in really_then.series]
    assert [s.history for s in then.series] == [s.history for s in really_then.series]
    assert really_then.series[0].actuals is None


async def test_a_start_near_the_end_shows_the_actuals_there_are(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    series = (await make(prediction, series=[ONE], start=LAST.isoformat())).series[0]

    assert series.actuals is not None
    assert [point.date for point in series.actuals] == [LAST]
    assert series.total.actual is None
    assert series.analysis["wape"] is not None


async def test_a_horizon_longer_than_the_model_learned_is_decoded_step_by_step(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    forecast = await make(prediction, series=[ONE], horizon=40)

    assert forecast.horizon == len(forecast.series[0].forecast) == 40


async def test_quantiles_come_sorted_once_each_and_do_not_cross(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    forecast = await make(prediction, series=[ONE], quantiles=[0.9, 0.1, 0.5, 0.1])

    for point in forecast.series[0].forecast:
        assert list(point.quantiles) == ["0.1", "0.5", "0.9"]
        assert list(point.quantiles.values()) == sorted(point.quantiles.values())


async def test_the_interval_of_the_total_comes_from_the_paths(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    series = (await make(prediction, series=[ONE])).series[0]

    summed = [sum(p.quantiles[q] for p in series.forecast) for q in ("0.1", "0.9")]
    width = series.total.quantiles["0.9"] - series.total.quantiles["0.1"]
    assert 0 < width < summed[1] - summed[0]
    assert series.total.mean == pytest.approx(sum(p.mean for p in series.forecast), rel=1e-4)


async def test_weeks_and_months_have_totals_with_intervals_of_their_own(
    prediction: AsyncClient, dataset: Dataset
) -> None:
    start = LAST - timedelta(days=9)  # 2024-04-20, a Saturday
    series = (await make(prediction, series=[ONE], start=start.isoformat(), horizon=14)).series[0]

    weeks = series.totals["week"]
    assert [(w.begin.date().isoformat(), w.steps, w.full) for w in weeks] == [
        ("2024-04-15", 2, 7), ("2024-04-22", 7, 7), ("2024-04-29", 5, 7)
    ]  # fmt: skip
    assert sum(week.mean for week in weeks) == pytest.approx(series.total.mean, rel=1e-4)
    assert series.actuals is not None
    known = [point.value or 0 for point in series.actuals]
    assert [week.actual for week in weeks] == [sum(known[:2]), sum(known[2:9]), None]
    summed = [sum(p.quantiles[q] for p in series.forecast[2:9]) for q in ("0.1", "0.9")]
    assert 0 < weeks[1].quantiles["0.9"] - weeks[1].quantiles["0.1"] < summed[1] - summed[0]
    assert [month.full for month in series.totals["month"]] == [30, 31]


async def test_a_total_is_one_series_summed_over_the_scope(
    prediction: AsyncClient, registry: Registry
) -> None:
    table = sales()
    dataset = await registry.add_dataset(table)
    scope = Scope("product", {"product": "P1"}, total=True)
    await registry.publish(fit(table, scope=scope), dataset, "total")

    forecast = await make(prediction, model="total", history=5)

    values = table.column("sales").to_numpy()
    expected = [values[day] + values[2 * DAYS + day] for day in range(DAYS - 5, DAYS)]
    assert [series.keys for series in forecast.series] == [{"product": "P1"}]
    assert [point.value for point in forecast.series[0].history] == expected


async def test_a_narrow_model_covers_its_scope(prediction: AsyncClient, registry: Registry) -> None:
    dataset = await registry.add_dataset(sales())
    fitted = fit(sales(), scope=Scope("store", {"store": "S2"}))
    await registry.publish(fitted, dataset, "store")

    forecast = await make(prediction, model="store")

    assert {series.keys["store"] for series in forecast.series} == {"S2"}
    assert forecast.series_count == 2


async def test_a_newer_version_of_the_dataset_is_used_without_being_named(
    prediction: AsyncClient, registry: Registry, dataset: Dataset
) -> None:
    newer = await registry.add_dataset(sales(days=DAYS + 10))

    forecast = await make(prediction, series=[ONE])

    assert forecast.dataset_id == newer.id
    assert forecast.start == LAST + timedelta(days=11)


async def test_an_alias_is_never_stale(
    prediction: AsyncClient, registry: Registry, dataset: Dataset, naive: FittedModel
) -> None:
    assert (await make(prediction, version="latest")).version == 1

    await registry.publish(naive, dataset, MODEL)

    latest = await make(prediction, version="latest")
    assert (latest.version, latest.algorithm) == (2, "seasonal_naive")
    assert (await make(prediction, version=1)).algorithm == "lstm"


async def test_an_alias_that_people_gave_names_a_version(
    prediction: AsyncClient, registry: Registry, dataset: Dataset, naive: FittedModel
) -> None:
    await registry.publish(naive, dataset, MODEL)
    async with AsyncClient(transport=registry.line, base_url="http://registry") as people:
        alias = await people.put(f"/models/{MODEL}/aliases/champion", json={"version": 2})
        assert alias.status_code == 200

    assert (await make(prediction, version="champion")).version == 2
    missing = await prediction.post("/prediction", json={"model": MODEL, "version": "other"})
    assert missing.status_code == 404
    assert [error["pointer"] for error in missing.json()["errors"]] == ["/version"]


async def test_a_model_and_a_dataset_are_fetched_and_loaded_once(
    prediction: AsyncClient, line: Line, dataset: Dataset, registry: Registry
) -> None:
    answers = await asyncio.gather(*(make(prediction, series=[ONE]) for _ in range(5)))

    assert len({orjson.dumps(a.series[0].model_dump(mode="json")) for a in answers}) == 1
    assert line.count("/internal/blobs/") == 3  # weights, manifest, dataset


async def test_an_answer_of_what_the_alias_meant_before_is_not_kept(
    prediction: AsyncClient, registry: Registry, dataset: Dataset, naive: FittedModel
) -> None:
    await make(prediction, series=[ONE])
    await registry.add_dataset(sales(days=DAYS + 10))
    await registry.publish(naive, dataset, MODEL)

    latest = await make(prediction, series=[ONE], version="latest")
    best = await make(prediction, series=[ONE])

    assert (latest.version, latest.start) == (2, LAST + timedelta(days=11))
    assert best.start == LAST + timedelta(days=11)
    assert (await prediction.get("/internal/stats")).json()["forecasts"] == 3
