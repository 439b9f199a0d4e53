"""A language model's forecast comes with the text that it was told and that it wrote."""

from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from services.prediction import sources
from services.prediction.settings import PredictionSettings
from shared.contracts.datasets import Dataset
from shared.contracts.forecasts import Forecast
from shared.contracts.models import ModelVersion
from shared.forecasting import FittedModel, Fitting, Recipe
from tests.services.prediction.asking import ONE, ask
from tests.services.prediction.examples import panel, sales
from tests.services.prediction.registry import Registry

SMALL = {"max_epochs": 1, "batches_per_epoch": 2, "windows": 2, "told": 14, "paths": 3}


LITTLE = 1  # MB for models: less than the base model has


@pytest.fixture
def settings(tmp_path: Path) -> PredictionSettings:
    return PredictionSettings(data=tmp_path / "prediction", prediction_model_cache_mb=LITTLE)


CORRECTING = {"mode": "correct", "numeric": "seasonal_naive"}


@pytest.fixture(params=[{}, CORRECTING], ids=["forecast", "correction"])
async def written(registry: Registry, request: pytest.FixtureRequest) -> Dataset:
    settings = {**SMALL, **request.param}
    fitting = Fitting(panel(sales()), Recipe("qwen", horizon=7, hyperparameters=settings))
    for _ in fitting.epochs():
        pass
    dataset = await registry.add_dataset(sales())
    await registry.publish(fitting.finish(), dataset, "qwen_global")
    return dataset


async def test_the_text_of_a_language_model_is_in_its_forecast_and_kept(
    prediction: AsyncClient, written: Dataset
) -> None:
    answer = await ask(prediction, model="qwen_global", note="flu season starts early")

    made = Forecast.model_validate_json(answer.content)
    text = made.series[0].text
    assert text is not None
    assert "Note: flu season starts early Numbers:" in text.told
    assert text.wrote.count(",") == 7
    assert (text.lowest, text.step and text.step > 0) == (0, True)
    assert {"flu", "early"} <= set(text.unknown)
    assert all(one.text is not None for one in made.series)
    corrected = text.told.endswith("Correction:")
    assert (len(text.factors or []) == 7) == corrected
    kept = (await prediction.get(f"/prediction/{made.id}")).content
    assert Forecast.model_validate_json(kept).series[0].text == text


async def test_a_base_model_counts_as_memory_and_stays_until_another_model_is_asked(
    prediction: AsyncClient,
    registry: Registry,
    written: Dataset,
    naive: FittedModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await registry.publish(naive, written, "naive")
    rebuilt, rebuild = [], sources._rebuild

    def watched(files: Any, version: ModelVersion) -> FittedModel:
        rebuilt.append(version.model)
        return rebuild(files, version)

    monkeypatch.setattr(sources, "_rebuild", watched)
    for model in ("qwen_global", "qwen_global", "naive", "qwen_global"):
        await ask(prediction, model=model, series=[ONE])

    assert rebuilt == ["qwen_global", "naive", "qwen_global"]


async def test_other_models_have_no_text(
    prediction: AsyncClient, registry: Registry, naive: FittedModel
) -> None:
    await registry.publish(naive, await registry.add_dataset(sales()), "naive")

    answer = await ask(prediction, model="naive", series=[ONE], note="nobody reads this")

    assert Forecast.model_validate_json(answer.content).series[0].text is None
