"""Processes die, and nothing is lost, doubled or left over."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

import httpx
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


@contextmanager
def unattended(system: System) -> Iterator[None]:
    """Let what dies stay dead while the block runs."""
    supervisor = system.program("services.registry").parent()
    assert supervisor is not None
    supervisor.suspend()
    try:
        yield
    finally:
        supervisor.resume()


def ask_and_kill(process: psutil.Process, ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask a service that has stopped, and kill it before it can answer."""
    process.suspend()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        sleep(0.5)  # on its way by now, most likely; if not, nobody is there to take it
        process.kill()
        return asked.result()


def assert_unavailable(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.json()["detail"]) > 10


def answers(system: System, path: str) -> bool:
    return system.api.get(path).is_success


def test_a_service_that_dies_with_a_request_is_a_503_and_comes_back(own: System) -> None:
    dataset = SAMPLE.make(own)
    for module, path in (
        ("services.registry", "/datasets"),
        ("services.training", "/tasks"),
        ("services.prediction", "/prediction"),
    ):
        with unattended(own):
            assert_unavailable(ask_and_kill(own.program(module), partial(own.api.get, path)))
            assert_unavailable(own.api.get(path))
        own.wait_until(partial(answers, own, path), 60, f"{module} to be back")

    assert own.get("/datasets")["items"][0]["id"] == dataset["id"]


def test_an_upload_that_a_registry_dies_with_is_a_503_and_leaves_nothing(own: System) -> None:
    table = "\n".join(["date,sales", *(f"2024-01-{day:02},{day}" for day in range(1, 31))])
    upload = partial(own.upload, table.encode(), "sales.csv")

    with unattended(own):
        assert_unavailable(ask_and_kill(own.program("services.registry"), upload))
    own.wait_until(partial(answers, own, "/datasets"), 60, "the registry to be back")

    assert own.get("/datasets")["total"] == 0
    assert [f for f in (own.data / "blobs").rglob("*") if f.is_file()] == []
    assert upload().status_code == 201


def test_a_training_without_a_queue_is_a_503_and_leaves_no_task(own: System) -> None:
    request = training(SAMPLE.make(own), SAMPLE)

    with unattended(own):
        own.valkey().kill()
        assert_unavailable(own.api.post("/training", json=request))
        assert own.get("/tasks")["total"] == 0
    own.wait_until(lambda: own.get("/health")["status"] == "ready", 60, "a new Valkey")

    assert own.get("/tasks")["total"] == 0
    done = own.wait_for(own.post("/training", request))
    assert (done["status"], done["error"]) == ("succeeded", None)


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
