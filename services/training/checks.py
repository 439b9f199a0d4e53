"""Is a training request possible? All that can be known without training is told at once."""

import re
from collections.abc import Iterator
from typing import Any

from services.training.catalogue import Catalogue
from services.training.hyperparameters import nearest, wrong_hyperparameters
from services.training.lengths import longest_possible
from shared.clients.registry import RegistryClient
from shared.contracts.datasets import Dataset
from shared.contracts.problems import FieldError
from shared.contracts.tasks import Algorithm, Scope, TrainingRequest
from shared.kit.app import pointer
from shared.kit.errors import Conflict, Invalid, NotFound

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
COLUMNS = {"product": "product_id", "store": "store_id"}
SHORTEST_HISTORY = 4  # what the core needs to learn from, besides the horizon


async def check(
    request: TrainingRequest, catalogue: Catalogue, registry: RegistryClient
) -> Dataset:
    """Return the dataset of a request that can be trained.

    Raises:
        NotFound: there is no such dataset.
        Conflict: the algorithm cannot be used on this machine.
        Invalid: the algorithm is unknown, or fields are wrong: all of them are named.
        Unavailable: the registry or the list of algorithms does not answer.
    """
    if unstorable := list(_unstorable((), request.model_dump(exclude={"dataset_id"}))):
        raise Invalid(_sentence(unstorable), errors=unstorable)
    algorithm = _chosen(request.algorithm, await catalogue.algorithms())
    dataset = await _dataset(request, registry)
    errors = wrong_hyperparameters(algorithm, request.hyperparameters) + wrong_split(request)
    errors += wrong_holidays(request.holidays) + await _wrong_pace(request, registry)
    scope_errors = wrong_columns(request.scope, dataset)
    if not scope_errors:
        scope_errors = await _wrong_lengths(request, dataset, registry)
    errors += scope_errors
    if errors:
        raise Invalid(_sentence(errors), errors=errors)
    return dataset


def _unstorable(path: tuple[Any, ...], value: Any) -> Iterator[FieldError]:
    """Find text that no database and no address can hold."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _unstorable((*path, name), name)
            yield from _unstorable((*path, name), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _unstorable((*path, place), inner)
    elif isinstance(value, str) and _UNSTORABLE.search(value):
        detail = "This text has characters that cannot be stored: NUL, or half of a pair."
        yield FieldError(pointer=pointer(path), detail=detail)


def _sentence(errors: list[FieldError]) -> str:
    if len(errors) == 1:
        return errors[0].detail
    return f"{len(errors)} fields need another value. First: {errors[0].detail}"


def _chosen(name: str, algorithms: list[Algorithm]) -> Algorithm:
    found = next((algorithm for algorithm in algorithms if algorithm.name == name), None)
    if found is None:
        names = [algorithm.name for algorithm in algorithms]
        raise Invalid(
            f"There is no algorithm {name[:80]!r}.{nearest(name, names)}", field="/algorithm"
        )
    if not found.available:
        raise Conflict(
            f"{found.title} cannot be used here: {found.reason or 'something is missing.'}",
            field="/algorithm",
        )
    return found


async def _dataset(request: TrainingRequest, registry: RegistryClient) -> Dataset:
    try:
        return await registry.dataset(request.dataset_id)
    except NotFound as error:
        raise NotFound(
            f"There is no dataset {request.dataset_id}: it may have been deleted. Choose another.",
            field="/dataset_id",
        ) from error


def wrong_columns(scope: Scope, dataset: Dataset) -> list[FieldError]:
    """Return what is wrong with the columns that a scope names."""
    ids = ", ".join(dataset.ids)
    errors = [
        FieldError(
            pointer=pointer(("scope", column)),
            detail=f"The dataset has no id column {column[:80]!r}; it has {ids}.",
        )
        for column in scope.keys
        if column not in dataset.ids
    ]
    needed = COLUMNS.get(scope.level)
    if needed and needed not in dataset.ids:
        detail = (
            f"The dataset has no column {needed}, so it has no level {scope.level!r}. "
            f"Choose level 'series' with {ids}, or 'global'."
        )
        return [FieldError(pointer="/scope/level", detail=detail)]
    if needed and needed not in scope.keys and (scope.keys or not scope.total):
        detail = f"Say which {scope.level}: set {needed}, or `total` to sum each one to a series."
        errors.append(FieldError(pointer=f"/scope/{needed}", detail=detail))
    if scope.level == "series" and not scope.keys:
        detail = f"Say which series: set one or more of {ids}, or choose level 'global'."
        errors.append(FieldError(pointer="/scope", detail=detail))
    return errors


async def _wrong_lengths(
    request: TrainingRequest, dataset: Dataset, registry: RegistryClient
) -> list[FieldError]:
    """Return what is wrong with the series that a scope names, or with what is asked of them."""
    found = await registry.series(
        request.dataset_id, request.scope.keys, sort="-length", page_size=1
    )
    if not found.items:
        return await _unmatched(request, registry)
    longest = longest_possible(dataset) if request.scope.total else found.items[0].length
    return too_long(request.horizon, request.context_length, longest) or _held_too_long(
        request, longest
    )


def wrong_split(request: TrainingRequest) -> list[FieldError]:
    """Return what is wrong with the steps that are kept for validation and test."""
    return [
        FieldError(
            pointer=f"/{name}_steps",
            detail=f"A forecast has {request.horizon} steps, so the {name} needs at least as many.",
        )
        for name, steps in (("validation", request.validation_steps), ("test", request.test_steps))
        if steps and steps < request.horizon
    ]


def wrong_holidays(country: str | None) -> list[FieldError]:
    """Return what is wrong with a country whose holidays are asked for."""
    if not country:
        return []
    from holidays import list_supported_countries  # large: only where it is asked for

    code, _, part = country.partition("-")
    known = list_supported_countries()
    if code not in known:
        detail = f"No holidays are known of {code!r}: use a country's two letters, such as CN."
    elif part and part not in known[code]:
        detail = f"{code} has no part {part!r}, only {', '.join(known[code]) or 'none'}."
    else:
        return []
    return [FieldError(pointer="/holidays", detail=detail)]


async def _wrong_pace(request: TrainingRequest, registry: RegistryClient) -> list[FieldError]:
    """Return what is wrong with the version whose times are to be gone by."""
    asked = request.pace_of
    if asked is None:
        return []
    try:
        version = await registry.version(asked.model, asked.version)
    except NotFound:
        detail = f"The model {asked.model[:80]!r} has no version {asked.version}."
        return [FieldError(pointer="/pace_of", detail=detail)]
    if version.algorithm == request.algorithm:
        return []
    detail = (
        f"Version {asked.version} of {asked.model[:80]!r} was made by {version.algorithm}, so its "
        f"times say nothing to {request.algorithm}."
    )
    return [FieldError(pointer="/pace_of", detail=detail)]


def _held_too_long(request: TrainingRequest, longest: int) -> list[FieldError]:
    """Return what is wrong with a split that leaves nothing of the longest series."""
    held = (request.validation_steps or request.horizon) + request.test_steps
    if held + SHORTEST_HISTORY <= longest:
        return []
    name = "validation" if (request.validation_steps or 0) > request.test_steps else "test"
    detail = (
        f"The longest series has {longest} steps; {held} of them for validation and test leave too "
        f"few to learn from. Keep {longest - SHORTEST_HISTORY} at most."
    )
    return [FieldError(pointer=f"/{name}_steps", detail=detail)]


async def _unmatched(request: TrainingRequest, registry: RegistryClient) -> list[FieldError]:
    keys = request.scope.keys
    wrong = {
        column: value
        for column, value in keys.items()
        if await registry.count_series(request.dataset_id, {column: value}) == 0
    }
    together = " and ".join(f"{column} {value[:80]!r}" for column, value in keys.items())
    return [
        FieldError(
            pointer=pointer(("scope", column)),
            detail=f"No series has {column} {value[:80]!r}."
            if wrong
            else f"No series has {together} together.",
        )
        for column, value in (wrong or keys).items()
    ]


def too_long(horizon: int, context_length: int | None, longest: int) -> list[FieldError]:
    """Return what is wrong with a horizon and a context for series of at most this length."""
    if horizon > longest - SHORTEST_HISTORY:
        detail = (
            f"The longest series has {longest} steps, which is too short to learn to forecast "
            f"{horizon}; choose {max(1, longest - SHORTEST_HISTORY)} or fewer."
            if longest > SHORTEST_HISTORY
            else f"The longest series has {longest} steps, which is too short to learn from."
        )
        return [FieldError(pointer="/horizon", detail=detail)]
    most = longest - horizon
    if context_length is not None and context_length > most:
        detail = (
            f"The longest series has {longest} steps, so with {horizon} to forecast "
            f"the model can see {most} at most."
        )
        return [FieldError(pointer="/context_length", detail=detail)]
    return []
