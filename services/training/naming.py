"""The name that a model gets: what learned, from which part of the data."""

import hashlib
import re

from services.training import tasks
from services.training.tables import TaskRow
from shared.clients.registry import RegistryClient
from shared.contracts.datasets import Dataset
from shared.contracts.tasks import Scope, TrainingRequest
from shared.kit.database import Database
from shared.kit.errors import NotFound

LONGEST = 120
_PART = 60
_UNSAFE = re.compile(r"[^\w.-]+")


async def enter(
    database: Database, registry: RegistryClient, request: TrainingRequest, dataset: Dataset
) -> TaskRow:
    """Store a task under a name that belongs to no other data, chosen again if it just went."""
    while True:
        model = await choose(database, registry, request, dataset)
        row = await tasks.create(database, request, model, dataset.name)
        if row is not None:
            return row


async def choose(
    database: Database, registry: RegistryClient, request: TrainingRequest, dataset: Dataset
) -> str:
    """Return the shortest name that does not belong to other data.

    `kan_product_P001` is the rule. Where a model of that name learned from another dataset or
    scope, the dataset's name is added, and where even that is taken, a digest.
    """
    plain = plain_name(request, dataset)
    longer = _short(f"{plain}_{slug(dataset.name)}", dataset.name)
    for name in (plain, longer):
        if await _is_free(database, registry, name, request.scope, dataset.name):
            return name
    return f"{longer}-{_digest(dataset.name, request.scope.model_dump_json())}"


def plain_name(request: TrainingRequest, dataset: Dataset) -> str:
    """Return algorithm, level and value, such as `kan_product_P001` or `lstm_global_Pharmacy`."""
    scope = request.scope
    values = [slug(scope.keys[column]) for column in dataset.ids if column in scope.keys]
    if scope.level == "global":
        values = [slug(dataset.name), *values]
    total = ["total"] if scope.total else []
    full = "_".join([request.algorithm, scope.level, *values, *total])
    return _short(full, *scope.keys.values())


def slug(text: str) -> str:
    """Return `text` with what has a meaning in addresses or file names replaced."""
    safe = _UNSAFE.sub("-", text).strip("-.") or _digest(text)
    return _short(safe, text, limit=_PART)


def _short(name: str, *told_apart_by: str, limit: int = LONGEST) -> str:
    return name if len(name) <= limit else f"{name[: limit - 7]}-{_digest(*told_apart_by)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:6]


async def _is_free(
    database: Database, registry: RegistryClient, name: str, scope: Scope, dataset_name: str
) -> bool:
    """Say whether the name is unused, or used for the same part of the same dataset."""
    for task in await tasks.unfinished(database, model=name):
        if not tasks.is_for(task, scope, dataset_name):
            return False
    try:
        model = await registry.model(name)
    except NotFound:
        return True
    return model.dataset_name == dataset_name and model.scope == scope
