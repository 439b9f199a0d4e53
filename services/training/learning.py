"""Carries out an assignment: fetch the dataset, fit, store the files, tell the worker.

Knows the registry and the protocol; what needs torch is in `fitting`, loaded meanwhile.
"""

import asyncio
import errno
import hashlib
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from services.training.patience import insist
from services.training.protocol import Assignment, Failed, Said, Told, Trained
from shared.clients.registry import RegistryClient
from shared.contracts.datasets import Dataset, Split
from shared.contracts.models import ArtifactFile, Lineage, ModelVersion, NewVersion
from shared.contracts.problems import FieldError, Problem
from shared.contracts.tasks import Event, LogEvent, VersionRef
from shared.kit.errors import AppError, Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from services.training.fitting import Learned

PATIENCE_S = 600.0
TITLE = "Training failed"
MANIFEST = "manifest.json"


def carry_out(
    line: bytes, tell: Callable[[bytes], None], stopped: threading.Event, core: "Future[None]"
) -> None:
    """Do what the assignment says and tell what became of it; nothing if it was stopped."""

    def say(said: Said) -> None:
        tell(said.model_dump_json().encode())

    def event(one: Event) -> None:
        say(Told(event=one))

    try:
        trained = _carried_out(Assignment.model_validate_json(line), event, stopped, core)
    except Exception as error:
        if not isinstance(error, AppError):
            traceback.print_exc()
        say(Failed(problem=problem_of(error)))
    else:
        if trained is not None:
            say(Trained(version=trained))


def _carried_out(
    assignment: Assignment,
    event: Callable[[Event], None],
    stopped: threading.Event,
    core: "Future[None]",
) -> NewVersion | None:
    dataset, file, before = asyncio.run(_fetched(assignment, event))
    core.result()
    from services.training.fitting import fit

    lineage = _lineage(assignment, dataset)
    folder = Path(assignment.folder)
    facts = lineage.model_dump(mode="json")
    manifest = None if before is None else before.manifest
    learned = fit(file, dataset, assignment.request, folder, facts, event, stopped, manifest)
    if learned is None or stopped.is_set():
        return None
    files = asyncio.run(_stored(assignment, learned.files, event))
    if before is not None:
        event(_compared(before.version, files))
    return _version(assignment, lineage, learned, files)


@dataclass(frozen=True)
class Before:
    """A version that shall be made again, and its manifest on this host."""

    version: ModelVersion
    manifest: Path


async def _fetched(
    assignment: Assignment, event: Callable[[Event], None]
) -> tuple[Dataset, Path, Before | None]:
    """Return the dataset and its file on this host, and the version that is made again."""
    registry = _registry(assignment)

    async def fetch() -> tuple[Dataset, Path, Before | None]:
        before = await _before(registry, assignment.request.pace_of)
        dataset = await registry.dataset(assignment.request.dataset_id)
        return dataset, await registry.dataset_file(dataset), before

    try:
        return await insist(fetch, (Unavailable,), PATIENCE_S, _away(event))
    except NotFound as error:
        raise NotFound(
            "The dataset was deleted before the training began.", field="/dataset_id"
        ) from error
    finally:
        await registry.close()


async def _before(registry: RegistryClient, asked: VersionRef | None) -> Before | None:
    if asked is None:
        return None
    try:
        version = await registry.version(asked.model, asked.version)
        files = await registry.artifact(version, {MANIFEST})
    except NotFound as error:
        raise Invalid(
            f"Version {asked.version} of {asked.model!r} was deleted before it was made again.",
            field="/pace_of",
        ) from error
    return Before(version, files[MANIFEST])


def _compared(before: ModelVersion, files: Sequence[ArtifactFile]) -> LogEvent:
    """Say whether the same was made again; the manifest names its task, so it never is."""
    name = f"version {before.version} of {before.model}"
    digests = {file.name: file.digest for file in before.files}
    made = {file.name: file.digest for file in files}
    others = {one for one, _ in made.items() ^ digests.items()} - {MANIFEST}
    if not others:
        return LogEvent(message=f"Made again: every file is that of {name}, to the byte.")
    message = f"This is not {name} again, other files came out: {', '.join(sorted(others))}."
    return LogEvent(level="warning", message=message)


async def _stored(
    assignment: Assignment, files: Sequence[Path], event: Callable[[Event], None]
) -> list[ArtifactFile]:
    """Put the files into the registry; they belong to no model yet."""
    registry = _registry(assignment)
    try:
        stored = []
        for file in files:
            found = _described(file)
            put = partial(registry.put_blob, found.digest, file)
            await insist(put, (Unavailable,), PATIENCE_S, _away(event))
            stored.append(found)
        return stored
    finally:
        await registry.close()


def _registry(assignment: Assignment) -> RegistryClient:
    return RegistryClient(
        assignment.registry_url, Path(assignment.cache), None, assignment.cache_bytes
    )


def _away(event: Callable[[Event], None]) -> Callable[[Exception], None]:
    def tell(error: Exception) -> None:
        event(LogEvent(level="warning", message=f"{error} Trying again until it does."))

    return tell


def _described(file: Path) -> ArtifactFile:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return ArtifactFile(name=file.name, digest=digest, size_bytes=file.stat().st_size)


def _lineage(assignment: Assignment, dataset: Dataset) -> Lineage:
    return Lineage(
        task_id=assignment.task_id,
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        dataset_version=dataset.version,
        dataset_digest=dataset.digest,
        code_version=version("shelfcast"),
        seed=assignment.request.seed,
    )


def _version(
    assignment: Assignment, lineage: Lineage, learned: "Learned", files: list[ArtifactFile]
) -> NewVersion:
    manifest = learned.manifest
    if manifest.split is not None:
        split = Split.model_validate(manifest.split.model_dump())
        lineage = lineage.model_copy(update={"split": split})
    return NewVersion(
        algorithm=manifest.algorithm,
        scope=assignment.request.scope,
        horizon=manifest.horizon,
        context_length=manifest.context_length,
        hyperparameters=manifest.hyperparameters,
        frequency=manifest.frequency,
        metrics=dict(manifest.metrics),
        lineage=lineage,
        files=files,
    )


def problem_of(error: Exception) -> Problem:
    """Say in words for the user what went wrong."""
    if isinstance(error, AppError):
        problem = error.problem()
        return problem.model_copy(update={"title": TITLE})
    if isinstance(error, MemoryError):
        return _problem(507, f"There is too little memory for this training. {error} {SMALLER}")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return _problem(507, "The disk is full: the model could not be stored. Free some space.")
    kind, text = type(error).__name__, str(error)[:500]
    return _problem(
        500,
        f"The training failed in a way that nobody expected ({kind}: {text}). "
        "This is a fault of the program or of the algorithm; the worker's log has more.",
    )


SMALLER = "Try a smaller batch, network or context, or fewer series."


def _problem(status: int, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    return Problem(title=TITLE, status=status, detail=detail, errors=list(errors))
