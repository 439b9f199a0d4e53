from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from shared.contracts.forecasts import Forecast
from shared.forecasting import FittedModel
from tests.services.prediction.examples import LAST, sales
from tests.services.prediction.registry import Registry

MODEL = "lstm_global"


async def make(prediction: AsyncClient, **request: Any) -> Forecast:
    answer = await prediction.post("/prediction", json={"model": MODEL, **request})
    assert answer.status_code == 200, answer.text
    return Forecast.model_validate_json(answer.content)


async def test_a_forecast_covers_every_series_of_the_scope(
    prediction: AsyncClient, registry: Registry, lstm: FittedModel
) -> None:
    dataset = await registry.add_dataset(sales())
    await registry.publish(lstm, dataset)

    forecast = await make(prediction)

    assert [series.keys for series in forecast.series] == [
        {"store": store, "product": product} for store in ("S1", "S2") for product in ("P1", "P2")
    ]
    first = forecast.series[0]
    assert [point.date for point in first.forecast] == [
        LAST + timedelta(days=day) for day in range(1, 8)
    ]
    assert first.history[-1].date == LAST
    assert first.actuals is None
    assert list(first.forecast[0].quantiles) == ["0.025", "0.1", "0.5", "0.9", "0.975"]
