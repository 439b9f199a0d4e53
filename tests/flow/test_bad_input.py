"""Bad input from outside: the right status, the field, and nothing half-written."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.fixtures.running import Client
from tests.flow.sources import HORIZON, SAMPLE, training

pytestmark = pytest.mark.flow
NOBODY = "0197a000-0000-4000-8000-000000000000"
MAPPING = {"date": "date", "target": "sales", "ids": ["shop"]}
GOOD = [f"2024-01-{day:02},A,{day}" for day in range(1, 31)]


@dataclass(frozen=True)
class Ready:
    """What the refused requests are about."""

    dataset: Any
    model: str


@pytest.fixture(scope="module")
def ready(system: Client) -> Iterator[Ready]:
    dataset = SAMPLE.make(system)
    task = system.wait_for(system.post("/training", training(dataset, SAMPLE)))
    assert task["status"] == "succeeded", task["error"]
    yield Ready(dataset, task["result"]["model"])
    system.delete(f"/models/{task['result']['model']}")
    system.delete(f"/datasets/{dataset['id']}", force=True)


def assert_refused(response: httpx.Response, status: int, pointer: str | None = None) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert len(problem["detail"]) > 10
    assert problem["request_id"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]], problem


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"dataset_id": NOBODY}, 404, "/dataset_id"),
        ({"dataset_id": "no uuid"}, 422, "/dataset_id"),
        ({"algorithm": "prophecy"}, 422, "/algorithm"),
        ({"scope": {"level": "product", "product_id": "P999"}}, 422, "/scope/product_id"),
        ({"scope": {"level": "product", "colour": "red"}}, 422, "/scope/colour"),
        ({"scope": {"level": "galaxy"}}, 422, "/scope/level"),
        ({"horizon": 0}, 422, "/horizon"),
        ({"horizon": 999}, 422, "/horizon"),
        ({"context_length": 399}, 422, "/context_length"),
        ({"hyperparameters": {"hidden_size": 10_000}}, 422, "/hyperparameters/hidden_size"),
        ({"hyperparameters": {"learning_rate": "fast"}}, 422, "/hyperparameters/learning_rate"),
        ({"hyperparameters": {"colour": 1}}, 422, "/hyperparameters/colour"),
        ({"seed": -1}, 422, "/seed"),
        ({"colour": "red"}, 422, "/colour"),
    ],
    ids=lambda value: json.dumps(value)[:50] if isinstance(value, dict) else None,
)
def test_a_training_that_cannot_be_is_refused(
    system: Client, ready: Ready, changes: dict[str, Any], status: int, pointer: str
) -> None:
    before = system.get("/tasks")["total"]

    response = system.api.post("/training", json=training(ready.dataset, SAMPLE, **changes))

    assert_refused(response, status, pointer)
    assert system.get("/tasks")["total"] == before


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"model": "nobody"}, 404, "/model"),
        ({"version": 99}, 404, "/version"),
        ({"version": "oldest"}, 404, "/version"),
        ({"dataset_id": NOBODY}, 404, "/dataset_id"),
        ({"series": [{"store_id": "S999", "product_id": "P001"}]}, 422, "/series/0"),
        ({"series": [{"colour": "red"}]}, 422, "/series/0"),
        ({"horizon": 0}, 422, "/horizon"),
        ({"horizon": 100_000}, 422, "/horizon"),
        ({"start": "1999-01-01"}, 422, "/start"),
        ({"quantiles": [1.5]}, 422, None),
        ({"paths": 0}, 422, "/paths"),
    ],
    ids=lambda value: json.dumps(value)[:50] if isinstance(value, dict) else None,
)
def test_a_forecast_that_cannot_be_is_refused(
    system: Client, ready: Ready, changes: dict[str, Any], status: int, pointer: str | None
) -> None:
    request = {"model": ready.model, "series": [SAMPLE.one_series], "horizon": HORIZON}
    before = system.get("/prediction")["total"]

    response = system.api.post("/prediction", json=request | changes)

    assert_refused(response, status, pointer)
    assert system.get("/prediction")["total"] == before


def csv(*rows: str, header: str = "date,shop,sales") -> bytes:
    return "\n".join([header, *rows]).encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="an empty file"),
        pytest.param(bytes(range(256)) * 20, id="a binary file"),
        pytest.param(b"PAR1" + bytes(100), id="a truncated Parquet file"),
        pytest.param(b"date,shop,sales", id="a header alone"),
        pytest.param(csv(*GOOD, header="day,shop,sold"), id="other columns"),
        pytest.param(csv(*GOOD, "2024-01-05,A,9"), id="a date twice"),
        pytest.param(csv(*GOOD, "2024-01-31,A,many"), id="text in the target"),
        pytest.param(csv(*GOOD, "2024-01-31,A,inf"), id="infinity in the target"),
        pytest.param(csv(*GOOD, "tomorrow,A,9"), id="no date"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(system: Client, content: bytes) -> None:
    before = system.get("/datasets")["total"]

    response = system.upload(content, "sales.csv", name="bad", mapping=json.dumps(MAPPING))

    assert_refused(response, 422)
    assert response.json()["errors"], response.text
    assert system.get("/datasets")["total"] == before


def test_a_mapping_of_a_column_that_is_not_there_names_it(system: Client) -> None:
    mapping = json.dumps(MAPPING | {"target": "revenue"})

    response = system.upload(csv(*GOOD), "sales.csv", name="bad", mapping=mapping)

    assert_refused(response, 422, "/mapping/target")


def test_an_upload_past_the_limit_is_refused_before_it_is_sent(system: Client) -> None:
    connection = HTTPConnection(urlsplit(system.url).netloc, timeout=60)
    connection.putrequest("POST", "/api/upload")
    connection.putheader("content-type", "multipart/form-data; boundary=x")
    connection.putheader("content-length", str(5 << 30))
    connection.endheaders(b"--x\r\n")

    with closing(connection), connection.getresponse() as answer:
        problem = json.loads(answer.read())

    assert answer.status == problem["status"] == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        f"/datasets/{NOBODY}",
        f"/datasets/{NOBODY}/series",
        "/models/nobody",
        "/models/nobody/versions/1",
        f"/tasks/{NOBODY}",
        f"/prediction/{NOBODY}",
        "/nothing",
    ],
)
def test_what_is_not_there_is_not_found(system: Client, path: str) -> None:
    assert_refused(system.api.get(path), 404)


def test_a_deleted_model_cannot_forecast(system: Client, ready: Ready) -> None:
    request = training(ready.dataset, SAMPLE, scope={"level": "store", "store_id": "S001"})
    task = system.wait_for(system.post("/training", request))
    system.delete(f"/models/{task['model']}")

    response = system.api.post("/prediction", json={"model": task["model"]})

    assert_refused(response, 404, "/model")


def test_an_internal_address_is_not_served(system: Client) -> None:
    assert_refused(system.api.get("/internal/stats"), 404)
    assert_refused(system.api.get("/datasets/../internal/stats"), 404)
