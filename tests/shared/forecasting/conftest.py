"""Fixtures of the forecasting core."""

from collections.abc import Callable

import pytest

from shared.forecasting import FittedModel, Panel
from tests.shared.forecasting.samples import fit, frame, panel_of


@pytest.fixture(scope="session")
def panel() -> Panel:
    return panel_of(frame())


@pytest.fixture(scope="session")
def fitted(panel: Panel) -> Callable[[str], FittedModel]:
    """Fit each algorithm once for all tests that only look."""
    found: dict[str, FittedModel] = {}

    def get(algorithm: str) -> FittedModel:
        if algorithm not in found:
            found[algorithm] = fit(panel, algorithm)
        return found[algorithm]

    return get
