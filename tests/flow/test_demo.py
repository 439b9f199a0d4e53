"""The first start makes a sample, a model and a forecast; interrupted, it goes on, never twice."""

import signal
from pathlib import Path

import pytest

from tests.fixtures.system import System, running

pytestmark = pytest.mark.flow
WITH_DEMO = {"SHELFCAST_DEMO": "1"}
READY = "Shelfcast is ready"


def totals(system: System) -> list[int]:
    paths = ("/datasets", "/tasks", "/models", "/prediction")
    return [system.get(path)["total"] for path in paths]


def test_an_interrupted_first_start_is_finished_by_the_next(tmp_path: Path) -> None:
    with running(tmp_path / "data", WITH_DEMO) as first:
        first.wait_until(lambda: first.get("/tasks")["total"] == 1, 180, "the demo's training")
        first.signal(signal.SIGINT)

    with running(tmp_path / "data", WITH_DEMO) as second:
        second.wait_until(lambda: READY in second.output, 300, "the demo to be finished")
        forecast = second.get("/prediction")["items"][0]
        assert f"/forecasts/{forecast['id']}" in second.output
        assert totals(second) == [1, 1, 1, 1]

    with running(tmp_path / "data", WITH_DEMO) as third:
        third.wait_until(lambda: third.output.count(READY) == 2, 60, "a plain start")
        assert totals(third) == [1, 1, 1, 1]
