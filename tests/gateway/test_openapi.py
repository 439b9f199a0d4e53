"""One document out of many: the rules, and that the committed one is fresh."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.openapi import METHODS, REF, Document, events_document, merge, operations
from gateway.table import find
from shared.contracts.tasks import ANY_EVENT, EpochEvent
from tools import openapi

COMMITTED = openapi.FILE
PAGE = Path(__file__).parents[2] / "web" / "src" / "api" / "schema.d.ts"


@cache
def committed() -> Document:
    document: Document = json.loads(COMMITTED.read_text())
    return document


def service(name: str, schemas: dict[str, Any], path: str = "/things") -> Document:
    first = next(iter(schemas), None)
    content = {"schema": {"$ref": f"{REF}{first}"}} if first else {}
    responses = {"200": {"content": {"application/json": content}}}
    operation = {"operationId": f"get_{name}", "tags": ["models"], "responses": responses}
    return {"paths": {path: {"get": operation}}, "components": {"schemas": schemas}}


def shape(kind: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": {"type": kind}}}


def holder(of: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": {"$ref": f"{REF}{of}"}}}


def test_paths_get_the_public_prefix_once() -> None:
    merged = merge({"a": service("a", {}), "b": service("b", {}, "/api/health")}, "1")

    assert list(merged["paths"]) == ["/api/health", "/api/things"]


def test_the_same_shape_from_two_services_is_one() -> None:
    merged = merge(
        {
            "a": service("a", {"S": shape("string")}),
            "b": service("b", {"S": shape("string")}, "/b"),
        },
        "1",
    )

    assert set(merged["components"]["schemas"]) == {"S", "Problem", "FieldError"}


def test_different_shapes_with_one_name_are_told_apart_with_all_that_points_to_them() -> None:
    first = service("a", {"Page": holder("S"), "S": shape("string")})
    second = service("b", {"Page": holder("S"), "S": shape("integer")}, "/b")
    merged = merge({"a": first, "b": second}, "1")
    schemas = merged["components"]["schemas"]

    assert schemas["S"] == shape("string")
    assert schemas["BS"] == shape("integer")
    assert schemas["BPage"] == holder("BS")
    answer = merged["paths"]["/api/b"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["$ref"] == f"{REF}BPage"


def test_a_path_of_two_services_is_an_error() -> None:
    with pytest.raises(ValueError, match="/api/things"):
        merge({"a": service("a", {}), "b": service("b", {})}, "1")


def test_an_operation_id_of_two_services_is_an_error() -> None:
    with pytest.raises(ValueError, match="both called get_a"):
        merge({"a": service("a", {}), "b": service("a", {}, "/b")}, "1")


def test_a_validation_error_is_a_problem_like_all_others() -> None:
    document = service("a", {"HTTPValidationError": {}, "ValidationError": {}})
    responses = document["paths"]["/things"]["get"]["responses"]
    responses["200"] = {"description": "ok"}
    responses["422"] = {"content": {"application/json": {"$ref": f"{REF}HTTPValidationError"}}}
    merged = merge({"a": document}, "1")

    answer = merged["paths"]["/api/things"]["get"]["responses"]["422"]["content"]
    assert answer == {"application/problem+json": {"schema": {"$ref": f"{REF}Problem"}}}
    assert "ValidationError" not in merged["components"]["schemas"]


def test_an_event_is_described_as_it_is_sent() -> None:
    schemas = events_document()["components"]["schemas"]
    event = EpochEvent(
        number=1, total=2, train_loss=None, validation_loss=1.0, progress=0.5, seconds=1.0
    )

    sent = ANY_EVENT.dump_python(event, mode="json")
    assert set(sent) == set(schemas["EpochEvent"]["properties"])
    assert schemas["Event"]["discriminator"]["propertyName"] == "type"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SHELFCAST_DATA", "set by the generator, put back after the test")
    return openapi.document()


def test_the_committed_document_is_fresh(fresh: str) -> None:
    assert COMMITTED.read_text() == fresh, "run `make generate`"


def test_the_web_apps_types_know_every_operation() -> None:
    known = PAGE.read_text()

    for where, operation in operations(committed()["paths"]):
        assert f"    {operation['operationId']}: {{" in known, f"{where}: run `make generate`"


def test_every_documented_operation_is_in_the_table_of_routes() -> None:
    for where, _ in operations(committed()["paths"]):
        method, path = where.split()
        if path not in ("/api/health", "/api/stats"):
            find(method, path.replace("{", "").replace("}", "").encode(), b"")


def test_nothing_internal_is_documented() -> None:
    assert "/internal" not in COMMITTED.read_text()


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(committed())
    schemas = committed()["components"]["schemas"]
    used = {part.partition('"')[0] for part in text.split(REF)[1:]}

    assert used <= set(schemas)


def test_every_failure_is_a_problem_and_every_operation_has_a_tag() -> None:
    tags = {tag["name"] for tag in committed()["tags"]}
    for where, operation in operations(committed()["paths"]):
        assert set(operation["tags"]) <= tags, where
        assert "default" in operation["responses"], where
        for status, response in operation["responses"].items():
            if status[0] not in "123":
                assert set(response["content"]) == {"application/problem+json"}, where


def test_methods_are_those_of_openapi() -> None:
    assert {"get", "post", "put", "delete"} <= METHODS


async def test_the_running_gateway_serves_the_committed_document(
    gateway: httpx.AsyncClient,
) -> None:
    answer = await gateway.get("/api/openapi.json")

    assert answer.json() == committed()
