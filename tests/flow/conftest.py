"""One running system for all flow tests that do not kill it; `SHELFCAST_FLOW_URL` names another."""

import os
from collections.abc import Iterator

import pytest

from tests.fixtures.running import Client
from tests.fixtures.system import running


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Return a client of a system that is ready: a deployed one, or our own."""
    if url := os.environ.get("SHELFCAST_FLOW_URL"):
        with Client(url) as client:
            yield client
    else:
        with running(tmp_path_factory.mktemp("system") / "data") as own:
            yield own
