"""One OpenAPI document out of the services' own: pure functions, no service is imported here.

Rules: a path or an operation id that is there twice is an error. Schemas with one name are one if
they are the same all the way down; otherwise the later one is renamed, with everything that points
to it. Every failure is a problem (RFC 9457).
"""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from pydantic import TypeAdapter

from gateway.table import PREFIX
from shared.contracts.problems import Problem
from shared.contracts.tasks import Event
from shared.kit.errors import PROBLEM_JSON

Document = dict[str, Any]
REF = "#/components/schemas/"
METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
_REFERENCE = re.compile(rf'"{REF}([^"]+)"')
_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")
_TAGS = {
    "datasets": "What was uploaded or made: immutable versions, their series and their quality.",
    "models": "What was trained: versions, metrics, where they come from, aliases.",
    "algorithms": "What can be trained, with the form of its parameters as a JSON schema.",
    "tasks": "Work in the background: start, watch, cancel.",
    "forecasts": "What models say about the future, and the history of that.",
    "system": "How the services are, and how much there is of everything.",
}
_ABOUT = """Data → training → model → forecast → picture.

Errors are problem details (RFC 9457) with a JSON pointer to each wrong field. Lists come in pages:
pass `next_page_token` back as `page_token`. Numbers are always finite; a missing value is `null`.
Times are UTC."""
_WATCH = """Follow a task's events over a WebSocket.

Connect with `ws://` or `wss://`; each message is one event, as JSON. All events after `after` are
replayed, then new ones follow as they come. After a lost connection, connect again with the last
`id` as `after`: nothing is lost and nothing comes twice.

Close codes: 1000 after the final status, 4404 for an unknown task, 4422 for a wrong `after`,
1013 where the service cannot answer now: connect again."""


def merge(documents: Mapping[str, Document], version: str) -> Document:
    """Make one document of those of the services, by their names.

    Raises:
        ValueError: a path or an operation id is there twice.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = _schemas(Problem, "Problem")
    for service, original in documents.items():
        document = _without_framework(original)
        document = _rename(document, _clashes(document, schemas), service)
        schemas |= document["components"]["schemas"]
        for path, item in document["paths"].items():
            public = path if path.startswith(f"{PREFIX}/") else PREFIX + path
            if public in paths:
                raise ValueError(f"{service} has {public}, which another service has as well")
            paths[public] = item
    for _, operation in operations(paths):
        operation["responses"] = _problems(operation["responses"])
    _refuse_twins(paths)
    used = {tag for _, operation in operations(paths) for tag in operation.get("tags", [])}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shelfcast",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": _TAGS.get(tag, "")} for tag in sorted(used)],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation with its method and path."""
    for path, item in paths.items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def events_document() -> Document:
    """Describe the WebSocket of a task and what it sends, for which OpenAPI has no words."""
    after = {
        "name": "after",
        "in": "query",
        "description": "The last event id that was seen; all events if absent.",
        "schema": {"type": "string", "default": "0"},
    }
    task_id = {
        "name": "task_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
    operation = {
        "tags": ["tasks"],
        "summary": "Watch Task",
        "description": _WATCH,
        "operationId": "watch_task",
        "parameters": [task_id, after],
        "responses": {
            "101": {"description": "The WebSocket is open."},
            "404": {"description": "There is no such task, or the request is not a WebSocket."},
        },
        "x-websocket": {"receive": {"$ref": f"{REF}Event"}},
    }
    return {
        "paths": {"/tasks/{task_id}/events": {"get": operation}},
        "components": {"schemas": _schemas(Event, "Event")},
    }


def _schemas(shape: Any, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = TypeAdapter(shape).json_schema(
        mode="serialization", ref_template=REF + "{model}"
    )
    named: dict[str, Any] = _as_fastapi_writes({**schema.pop("$defs", {}), name: schema})
    return named


def _as_fastapi_writes(schema: Any) -> Any:
    """Leave out `default: null`, as FastAPI does, so that one shape is written in one way."""
    if isinstance(schema, dict):
        return {
            key: _as_fastapi_writes(value)
            for key, value in schema.items()
            if (key, value) != ("default", None)
        }
    return [_as_fastapi_writes(item) for item in schema] if isinstance(schema, list) else schema


def _without_framework(document: Document) -> Document:
    """Return a copy without the framework's own shape of a validation error."""
    copy = deepcopy(document)
    schemas = copy.setdefault("components", {}).setdefault("schemas", {})
    for name in _FRAMEWORKS_OWN:
        schemas.pop(name, None)
    return copy


def _clashes(document: Document, known: Mapping[str, Any]) -> set[str]:
    """Return the names that mean something else here, or point to something that does."""
    own: dict[str, Any] = document["components"]["schemas"]
    clashes = {name for name, schema in own.items() if known.get(name, schema) != schema}
    while True:
        more = {
            name
            for name, schema in own.items()
            if name in known and name not in clashes and clashes & _references(schema)
        }
        if not more:
            return clashes
        clashes |= more


def _references(schema: Any) -> set[str]:
    return set(_REFERENCE.findall(json.dumps(schema)))


def _rename(document: Document, names: set[str], service: str) -> Document:
    """Return the document with these schemas named after the service, wherever they are used."""
    if not names:
        return document
    new = {name: f"{service.capitalize()}{name}" for name in names}
    text = _REFERENCE.sub(
        lambda found: f'"{REF}{new.get(found[1], found[1])}"', json.dumps(document)
    )
    renamed: Document = json.loads(text)
    schemas = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {new.get(name, name): s for name, s in schemas.items()}
    return renamed


def _problems(responses: dict[str, Any]) -> dict[str, Any]:
    problem = {PROBLEM_JSON: {"schema": {"$ref": f"{REF}Problem"}}}
    for status, response in responses.items():
        if status[0] not in "123":
            response["content"] = problem
    default = {"description": "A problem (RFC 9457).", "content": problem}
    return {**responses, "default": responses.get("default", default)}


def _refuse_twins(paths: Mapping[str, Any]) -> None:
    seen: dict[str, str] = {}
    for where, operation in operations(paths):
        name = operation["operationId"]
        if name in seen:
            raise ValueError(f"{where} and {seen[name]} are both called {name}")
        seen[name] = where
