from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asgi_lifespan import LifespanManager
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.problems import Problem
from shared.kit.app import create_app, pointer
from shared.kit.errors import Conflict, Invalid, NotFound, Unavailable
from shared.kit.settings import Settings


class Order(Contract):
    quantity: int
    notes: list[dict[str, str]] = Field(default=[])


router = APIRouter(tags=["orders"])


@router.post("/orders")
async def create_order(order: Order) -> Order:
    return order


@router.get("/fail/{how}")
async def fail(how: str) -> None:
    raise {
        "missing": NotFound("There is no such order."),
        "twice": Conflict("The order has already been sent."),
        "field": Invalid("Choose a date after today.", field="/date"),
        "down": Unavailable("The store does not answer."),
        "disk": OSError(28, "No space left on device"),
        "bug": RuntimeError("password=hunter2"),
    }[how]


async def _broken() -> None:
    raise ConnectionError("no queue")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield

    app = create_app(
        "orders", Settings(data=tmp_path), [router], lifespan, checks={"queue": _broken}
    )
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with LifespanManager(app), AsyncClient(transport=transport, base_url="http://t") as http:
        yield http


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("missing", 404),
        ("twice", 409),
        ("field", 422),
        ("down", 503),
        ("disk", 507),
        ("bug", 500),
    ],
)
async def test_an_error_is_a_problem_with_its_status(
    client: AsyncClient, how: str, status: int
) -> None:
    answer = await client.get(f"/fail/{how}")

    problem = Problem.model_validate_json(answer.content)
    assert answer.status_code == problem.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.request_id == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text


async def test_an_invalid_field_is_pointed_at(client: AsyncClient) -> None:
    answer = await client.get("/fail/field")

    assert answer.json()["errors"] == [{"pointer": "/date", "detail": "Choose a date after today."}]


async def test_a_body_that_does_not_fit_is_pointed_at(client: AsyncClient) -> None:
    answer = await client.post("/orders", json={"quantity": "many", "color": "red"})

    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/quantity", "/color"}


async def test_an_unknown_route_is_a_problem(client: AsyncClient) -> None:
    answer = await client.get("/nowhere")

    assert (answer.status_code, answer.json()["status"]) == (404, 404)


async def test_a_harmless_request_id_is_kept(client: AsyncClient) -> None:
    kept = await client.get("/livez", headers={"x-request-id": "order-17"})
    replaced = await client.get("/livez", headers={"x-request-id": "a b<script>"})

    assert kept.headers["x-request-id"] == "order-17"
    assert replaced.headers["x-request-id"] != "a b<script>"


async def test_a_service_with_a_failing_check_is_alive_but_not_ready(client: AsyncClient) -> None:
    alive, ready = await client.get("/livez"), await client.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.json()["failed"] == {"queue": "ConnectionError: no queue"}


def test_a_pointer_escapes_what_json_pointers_must() -> None:
    assert pointer(("body", "fixes", "a/b~c", 0)) == "/fixes/a~1b~0c/0"


async def test_a_field_whose_name_is_no_text_is_refused(client: AsyncClient) -> None:
    answer = await client.post(
        "/orders",
        content='{"quantity": 1, "\\ud800": 2}',
        headers={"content-type": "application/json"},
    )

    assert answer.status_code == 422


@pytest.mark.parametrize("address", ["/orders?a=1&name=a%00b", "/orders?na%00me=b&x="])
async def test_an_address_with_nul_is_refused_at_its_field(
    client: AsyncClient, address: str
) -> None:
    answer = await client.get(address)

    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, [e.pointer for e in problem.errors]) == (422, ["/name"])
    assert problem.request_id == answer.headers["x-request-id"]


async def test_a_path_with_nul_is_refused(client: AsyncClient) -> None:
    assert (await client.get("/fail/a%00b")).status_code == 422


@pytest.mark.parametrize("note", [{"a": "b\0"}, {"\0": "b"}])
async def test_a_body_with_nul_is_refused_at_its_field(
    client: AsyncClient, note: dict[str, str]
) -> None:
    answer = await client.post("/orders", json={"quantity": 1, "notes": [note]})

    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, [e.pointer for e in problem.errors]) == (422, ["/notes"])
