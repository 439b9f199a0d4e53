"""A registry with tiny datasets and models, and the prediction service in front of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from services.prediction.main import build
from services.prediction.settings import PredictionSettings
from shared.forecasting import FittedModel
from tests.services.prediction.examples import fit, sales
from tests.services.prediction.registry import Line, Registry


@pytest.fixture(scope="session")
def naive() -> FittedModel:
    return fit(sales())


@pytest.fixture(scope="session")
def lstm() -> FittedModel:
    return fit(sales(), "lstm")


@pytest.fixture(scope="session")
def priced_lstm() -> FittedModel:
    return fit(sales(price=True), "lstm")


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with Registry.start(tmp_path / "registry") as registry:
        yield registry


@pytest.fixture
def line(registry: Registry) -> Line:
    """The wire between prediction and registry, which a test may cut or spoil."""
    return registry.line


@pytest.fixture
def settings(tmp_path: Path) -> PredictionSettings:
    return PredictionSettings(data=tmp_path / "prediction")


@pytest.fixture
async def app(settings: PredictionSettings, line: Line) -> AsyncIterator[FastAPI]:
    app = build(settings, line)
    async with LifespanManager(app, startup_timeout=60, shutdown_timeout=60):
        yield app


@pytest.fixture
async def prediction(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://service") as client:
        yield client
