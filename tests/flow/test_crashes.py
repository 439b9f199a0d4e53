"""Processes die, and nothing is lost, doubled or left over."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fixtures.system import System, running
from tests.flow.sources import ENDLESS, SAMPLE, quick, training

pytestmark = pytest.mark.flow
AGAIN_S = 20.0


@pytest.fixture
def own(tmp_path: Path) -> Iterator[System]:
    """Start a system that the test may hurt."""
    with running(tmp_path / "data") as system:
        yield system


def test_a_killed_worker_publishes_once_and_leaves_no_runner(own: System) -> None:
    dataset = SAMPLE.make(own)
    request = training(dataset, SAMPLE, hyperparameters=quick(epochs=60))
    task = own.post("/training", request)
    own.wait_until(lambda: own.get(f"/tasks/{task['id']}")["progress"] > 0, 60, "an epoch")
    worker = own.program("services.training.worker")
    runners = worker.children(recursive=True)

    worker.kill()

    _, alive = psutil.wait_procs(runners, timeout=5)
    assert alive == []
    own.wait_until(
        lambda: own.get(f"/tasks/{task['id']}")["attempt"] == 2, AGAIN_S, "a second attempt"
    )
    done = own.wait_for(task)
    assert (done["status"], done["attempt"]) == ("succeeded", 2)
    assert own.get(f"/models/{task['model']}/versions")["total"] == 1
    epochs = [event["number"] for event in own.events(task) if event["type"] == "epoch"]
    assert epochs[-1] == 60


def answers(system: System, path: str) -> bool:
    return system.api.get(path).is_success


def test_a_dead_service_is_a_503_and_comes_back(own: System) -> None:
    dataset = SAMPLE.make(own)
    for module, path in (
        ("services.registry", "/datasets"),
        ("services.training", "/tasks"),
        ("services.prediction", "/prediction"),
    ):
        process = own.program(module)
        process.suspend()
        process.kill()
        response = own.api.get(path)
        assert response.status_code in (200, 503), response.text
        own.wait_until(partial(answers, own, path), 60, f"{module} to be back")

    assert own.get("/datasets")["items"][0]["id"] == dataset["id"]


def test_ctrl_c_leaves_no_process_and_the_next_start_has_everything(tmp_path: Path) -> None:
    with running(tmp_path / "data") as first:
        dataset = SAMPLE.make(first)
        done = first.wait_for(first.post("/training", training(dataset, SAMPLE)))
        forecast = first.post("/prediction", {"model": done["model"], "horizon": 7})
        busy = first.post("/training", training(dataset, SAMPLE, hyperparameters=ENDLESS))
        queued = first.post("/training", training(dataset, SAMPLE, seed=2))
        first.wait_for(busy, "running")

        assert first.signal(signal.SIGINT) == 0
        assert first.survivors() == []

    with running(tmp_path / "data") as second:
        assert second.get("/datasets")["items"][0] == dataset
        assert second.get(f"/prediction/{forecast['id']}") == forecast
        assert second.get(f"/tasks/{done['id']}") == done
        second.wait_for(busy, "running", limit_s=AGAIN_S)
        second.post(f"/tasks/{busy['id']}/cancel")
        assert second.wait_for(queued)["status"] == "succeeded"
        assert second.get(f"/models/{done['model']}")["aliases"]["latest"] == 2


def test_a_killed_up_takes_everything_with_it(own: System) -> None:
    dataset = SAMPLE.make(own)

    own.signal(signal.SIGKILL)

    assert own.survivors() == []
    own.start()
    assert own.get("/datasets")["items"][0] == dataset


def test_a_second_up_on_the_same_folder_is_refused(own: System) -> None:
    other = System(own.data)

    with pytest.raises(AssertionError, match="already running"):
        other.start()


def test_a_killed_valkey_loses_no_task(own: System) -> None:
    dataset: Any = SAMPLE.make(own)
    busy = own.post("/training", training(dataset, SAMPLE, hyperparameters=ENDLESS))
    queued = own.post("/training", training(dataset, SAMPLE))
    own.wait_for(busy, "running")

    own.valkey().kill()
    own.wait_until(lambda: own.get("/health")["status"] == "ready", 60, "a new Valkey")
    own.post(f"/tasks/{busy['id']}/cancel")

    assert own.wait_for(queued)["status"] == "succeeded"
