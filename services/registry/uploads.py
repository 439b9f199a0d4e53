"""Uploads: a file becomes a dataset, or nothing of it stays."""

import asyncio
import json
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from services.registry import datasets, work
from services.registry.datasets import NewDataset
from services.registry.parts import Part
from services.registry.receiving import Received
from services.registry.settings import RegistrySettings
from shared.contracts.datasets import Dataset, Mapping, Preview, Reading, SampleRequest
from shared.contracts.problems import FieldError
from shared.kit.app import pointer
from shared.kit.database import Database
from shared.kit.errors import Invalid
from shared.kit.storage import Blob, BlobStore, seal, sync

if TYPE_CHECKING:
    from services.registry.cleaning.panel import Panel
    from services.registry.cleaning.report import Report
    from services.registry.cleaning.statistics import Statistics

_NAME_LIMIT = 120


def parse_mapping(text: str | None) -> Mapping | None:
    """Read the field `mapping`; None where it is absent or empty.

    Raises:
        Invalid: it is no mapping, with a pointer to each wrong field.
    """
    document = _json(text, "/mapping")
    if document is None:
        return None
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        raise _wrong(error, "/mapping") from error


def parse_reading(text: str | None) -> Reading:
    """Read the field `reading` of a preview.

    Raises:
        Invalid: it says how to read in a way that is not known.
    """
    document = _json(text, "/reading")
    try:
        return Reading.model_validate(document or {})
    except ValidationError as error:
        raise _wrong(error, "/reading") from error


def _json(text: str | None, place: str) -> Any:
    if text is None or not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise Invalid(f"{place[1:]} is not JSON: {error}.", field=place) from error


def _wrong(error: ValidationError, place: str) -> Invalid:
    errors = [
        FieldError(pointer=place + pointer(("body", *e["loc"])), detail=e["msg"])
        for e in error.errors()
    ]
    return Invalid(f"Please correct {errors[0].pointer}: {errors[0].detail}.", errors=errors)


def dataset_name(given: str | None, filename: str) -> str:
    """Return the name of a dataset: the given one, or the file's without its ending.

    Raises:
        Invalid: it is too long or holds control characters.
    """
    name = (given or "").strip()
    if not name:
        stem = Path(filename.replace("\\", "/")).name
        name = re.sub(
            r"(\.(csv|tsv|txt|xlsx?|json|jsonl|ndjson|parquet|feather|gz|zip))+$",
            "",
            stem,
            flags=re.I,
        )
        name = "".join(letter for letter in name if ord(letter) >= 32)[:_NAME_LIMIT].strip()
        return name or "dataset"
    if len(name) > _NAME_LIMIT or any(ord(letter) < 32 for letter in name):
        raise Invalid(
            f"A name has at most {_NAME_LIMIT} letters and no control characters.", field="/name"
        )
    return name


@dataclass(frozen=True)
class NewFacts:
    """What a dataset in the making is called and where it comes from."""

    name: str
    mapping: Mapping
    source: str
    kind: str


def finish(
    cleaned: "tuple[Panel, Statistics, Report]", new: NewFacts, data: Path, index: Path
) -> tuple[NewDataset, list[tuple[Path, Blob]]]:
    """Write a clean panel and return what has to be entered."""
    from services.registry.cleaning import clean

    facts = clean.store(*cleaned, new.mapping, data, index)
    dataset = NewDataset(new.name, new.mapping, facts, new.source, new.kind)
    return dataset, [(data, seal(data)), (index, seal(index))]


async def preview(received: Received, store: BlobStore, settings: RegistrySettings) -> Preview:
    """Show what a file would become."""
    mapping = parse_mapping(received.fields.get("mapping"))
    reading = mapping.reading if mapping else parse_reading(received.fields.get("reading"))
    return await work.beside(_preview, received, mapping, reading, store, settings)


def _preview(
    received: Received,
    mapping: Mapping | None,
    reading: Reading,
    store: BlobStore,
    settings: RegistrySettings,
) -> Preview:
    from services.registry.guessing.preview import preview as look
    from services.registry.reading import files

    source = files.sample(received.path, reading, store, settings.max_upload_bytes)
    return look(source, reading, mapping)


async def store_upload(
    received: Received, database: Database, store: BlobStore, settings: RegistrySettings
) -> Dataset:
    """Store a received file as a dataset.

    Raises:
        Invalid: the file or the mapping cannot be used; nothing is kept.
    """
    mapping = parse_mapping(received.fields.get("mapping"))
    name = dataset_name(received.fields.get("name"), received.filename)
    with ExitStack() as stack:
        data, index = (stack.enter_context(store.incoming()) for _ in range(2))
        new, files = await work.beside(
            _clean_upload, received, mapping, name, store, settings, data, index
        )
        new.source_name, new.source_digest = received.filename or None, received.digest
        if settings.keep_sources:
            files.append(await finished(received))
            new.parts = [Part(received.path, received.filename, received.digest, new.mapping)]
        return await datasets.create(database, store, new, files)


async def finished(received: Received) -> tuple[Path, Blob]:
    """Bring a received file safely to the disk, where it may be kept."""
    await asyncio.to_thread(sync, received.path)
    return received.path, Blob(received.digest, received.size)


def _clean_upload(
    received: Received,
    mapping: Mapping | None,
    name: str,
    store: BlobStore,
    settings: RegistrySettings,
    data: Path,
    index: Path,
) -> tuple[NewDataset, list[tuple[Path, Blob]]]:
    """Read and clean a file, and write the panel and its index.

    Raises:
        Invalid: the file or the mapping cannot be used.
    """
    from services.registry.cleaning import clean
    from services.registry.guessing.preview import guess_mapping, no_mapping
    from services.registry.reading import files

    limit = settings.max_upload_bytes
    if mapping is None:
        sample = files.sample(received.path, Reading(), store, limit)
        roles, mapping = guess_mapping(sample, Reading())
        if mapping is None:
            raise no_mapping(roles)
    source = files.read(received.path, mapping, store, limit)
    if source.table.num_rows == 0:
        raise Invalid("The file has a row of names but no data.", field="/file")
    cleaned = clean.clean(source, mapping, name)
    return finish(cleaned, NewFacts(name, mapping, "upload", "general"), data, index)


async def make_sample(request: SampleRequest, database: Database, store: BlobStore) -> Dataset:
    """Generate a sample dataset and store it."""
    name = dataset_name(request.name, f"{request.kind}_sample")
    with ExitStack() as stack:
        data, index = (stack.enter_context(store.incoming()) for _ in range(2))
        new, files = await work.beside(_clean_sample, request, name, data, index)
        return await datasets.create(database, store, new, files)


def _clean_sample(
    request: SampleRequest, name: str, data: Path, index: Path
) -> tuple[NewDataset, list[tuple[Path, Blob]]]:
    from services.registry.cleaning import clean
    from services.registry.samples.make import make

    source, mapping = make(request)
    cleaned = clean.clean(source, mapping, name)
    return finish(cleaned, NewFacts(name, mapping, "sample", request.kind), data, index)
