"""What every service promises, whoever wrote it."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from shared.kit import migrations, schema
from shared.kit.database import Database

SERVICES = ("registry", "training", "prediction")
ROOT = Path(__file__).parents[2]
METHODS = ("get", "post", "put", "delete", "patch")

every_service = pytest.mark.parametrize("service", SERVICES)


@pytest.fixture
def app(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv("SHELFCAST_DATA", str(tmp_path))
    built = importlib.import_module(f"services.{service}.main").build()
    assert isinstance(built, FastAPI)
    return built


def operations(app: FastAPI) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in app.openapi()["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


@every_service
def test_it_has_the_same_rooms(service: str) -> None:
    folder = ROOT / "services" / service

    for room in ("__main__.py", "main.py", "settings.py", "routes.py", "tables.py"):
        assert (folder / room).is_file(), room
    assert (folder / "migrations" / "env.py").is_file()
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))


@every_service
def test_every_operation_has_a_name_a_tag_and_a_sentence(app: FastAPI) -> None:
    for where, operation in operations(app):
        assert operation["tags"], where
        assert operation["summary"], where
        assert operation["description"].endswith((".", "`", ")")), where


@every_service
def test_errors_are_declared_as_problems(app: FastAPI) -> None:
    for where, operation in operations(app):
        failures = {s: r for s, r in operation["responses"].items() if not s.startswith("2")}
        assert failures, where
        for status, response in failures.items():
            if status != "422":  # FastAPI's own; the merged document replaces it
                assert "application/problem+json" in response["content"], f"{where} {status}"


@every_service
def test_lists_come_in_pages(app: FastAPI) -> None:
    for where, operation in operations(app):
        if operation["operationId"].startswith("list_") and where != "GET /algorithms":
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert {"page_size", "page_token"} <= names, where


@every_service
def test_internal_routes_are_not_in_the_document(app: FastAPI) -> None:
    assert not [path for path in app.openapi()["paths"] if path.startswith("/internal")]


@every_service
async def test_an_unknown_route_is_a_problem(app: FastAPI) -> None:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/no/such/route")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_operation_ids_are_unique_over_all_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFCAST_DATA", str(tmp_path))
    names = [
        operation["operationId"]
        for service in SERVICES
        for _, operation in operations(importlib.import_module(f"services.{service}.main").build())
    ]

    assert len(names) == len(set(names))


@every_service
async def test_its_schema_is_migrated_once_and_then_found_up_to_date(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'service.sqlite'}", service)
    migrated = []
    upgrade = migrations.upgrade

    async def counted(database: Database) -> None:
        migrated.append(database)
        await upgrade(database)

    monkeypatch.setattr(migrations, "upgrade", counted)

    await schema.bring_up_to_date(database)
    await schema.bring_up_to_date(database)

    await database.close()
    assert len(migrated) == 1
    found = ScriptDirectory.from_config(migrations.configuration(service, database.url))
    assert schema.head(service) == found.get_current_head()


@every_service
def test_it_starts_without_what_it_does_not_need(service: str) -> None:
    loaded = (
        "import json, sys\n"
        "from shared.kit.serve import _NOT_NEEDED, _Absent\n"
        "sys.meta_path.insert(0, _Absent(set(_NOT_NEEDED)))\n"
        f"import services.{service}.main\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )

    unwanted = {"alembic", "pandas", "rich", "pygments", "holidays"}
    if service != "prediction":
        unwanted |= {"numpy", "pyarrow", "torch", "polars"}
    assert not unwanted & set(json.loads(done.stdout))
