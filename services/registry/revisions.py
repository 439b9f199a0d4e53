"""New versions from old ones: made again with other fixes, or extended with newer rows."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from services.registry import datasets, parts, uploads, work
from services.registry.datasets import NewDataset
from services.registry.parts import Part
from services.registry.receiving import Received
from services.registry.settings import RegistrySettings
from services.registry.tables import DatasetRow, SourceRow
from services.registry.uploads import NewFacts
from shared.contracts.datasets import Dataset, Finding, Mapping
from shared.kit.database import Database
from shared.kit.errors import Conflict, Invalid
from shared.kit.storage import Blob, BlobStore

Made = tuple[NewDataset, list[tuple[Path, Blob]]]


@dataclass(frozen=True)
class Revision:
    """What a new version is made of: its files, oldest first, and how they become one panel."""

    name: str
    kind: str
    parts: list[Part]
    mapping: Mapping
    frequency: str | None
    fits: bool = False  # the newest file's columns may be other ones than the mapping's


async def remake(
    row: DatasetRow,
    mapping: Mapping,
    database: Database,
    store: BlobStore,
    settings: RegistrySettings,
) -> Dataset:
    """Make a dataset again from all the files that it came from.

    Raises:
        Conflict: they were not kept.
        Invalid: they cannot be read so.
    """
    sources = await datasets.sources(database, row)
    if not sources or not all(store.has(source.digest) for source in sources):
        raise Conflict(
            "The files of this dataset were not all kept: upload it again.", field="/dataset_id"
        )
    newest = Mapping.model_validate(row.mapping)
    frequency = mapping.frequency or (row.frequency if len(sources) > 1 else None)
    wanted = mapping.model_copy(update={"frequency": frequency})
    files = [_part(source, newest, wanted, store) for source in sources]
    revision = Revision(row.name, row.kind, files, mapping, frequency)
    with ExitStack() as stack:
        data, index = (stack.enter_context(store.incoming()) for _ in range(2))
        new, made = await work.beside(_make, revision, store, settings, data, index)
        new.source_name, new.source_digest, new.parent_id = (
            row.source_name,
            row.source_digest,
            row.id,
        )
        return await datasets.create(database, store, new, made)


async def extend(
    row: DatasetRow,
    received: Received,
    database: Database,
    store: BlobStore,
    settings: RegistrySettings,
) -> Dataset:
    """Add the rows of a file to a dataset; where both have a row, the new one counts.

    Raises:
        Invalid: the file cannot be read as the dataset's was.
    """
    revision = await _extended(row, received, database, store)
    with ExitStack() as stack:
        data, index = (stack.enter_context(store.incoming()) for _ in range(2))
        new, files = await work.beside(_make, revision, store, settings, data, index)
        new.source_name, new.source_digest = received.filename or None, received.digest
        new.parent_id = row.id
        if settings.keep_sources:
            files.append(await uploads.finished(received))
        else:
            new.parts = []
        return await datasets.create(database, store, new, files)


async def _extended(
    row: DatasetRow, received: Received, database: Database, store: BlobStore
) -> Revision:
    given = uploads.parse_mapping(received.fields.get("mapping"))
    own = Mapping.model_validate(row.mapping) if row.mapping is not None else given
    if own is None:
        raise Invalid("Say with a mapping how to read the file.", field="/mapping")
    mapping = own if given is None else _checked(given, own, row)
    fixes = {**own.fixes, **mapping.fixes}
    frequency = (given and given.frequency) or row.frequency
    mapping = mapping.model_copy(update={"fixes": fixes, "frequency": frequency})
    wanted = own.model_copy(update={"fixes": fixes, "gaps": mapping.gaps, "frequency": frequency})
    sources = await datasets.sources(database, row)
    if sources and all(store.has(source.digest) for source in sources):
        files = [_part(source, own, wanted, store) for source in sources]
    else:
        panel = parts.panel_mapping(row)
        panel = parts.adapt(panel, panel, wanted, is_panel=True)
        files = [Part(store.path(row.digest), f"version {row.version}", row.digest, panel, True)]
    new = Part(received.path, received.filename, received.digest, mapping)
    whole = wanted.model_copy(update={"frequency": own.frequency})
    return Revision(row.name, row.kind, [*files, new], whole, frequency, fits=given is None)


def _checked(given: Mapping, own: Mapping, row: DatasetRow) -> Mapping:
    """Return a mapping that a file comes with, if it makes rows of the same kind."""
    if given.target != row.target:
        raise Invalid(f"The target of this dataset is {row.target!r}.", field="/mapping/target")
    for role in ("known", "past", "static"):
        for i, name in enumerate(getattr(given, role)):
            if name not in getattr(own, role):
                raise Invalid(
                    f"The dataset has no column {name!r} in this role: upload it anew with it.",
                    field=f"/mapping/{role}/{i}",
                )
    if "gaps" not in given.model_fields_set:
        return given.model_copy(update={"gaps": own.gaps})
    return given


def _part(source: SourceRow, newest: Mapping, wanted: Mapping, store: BlobStore) -> Part:
    own = Mapping.model_validate(source.mapping)
    mapping = parts.adapt(own, newest, wanted, source.is_panel)
    return Part(store.path(source.digest), source.name, source.digest, mapping, source.is_panel)


def _make(
    revision: Revision, store: BlobStore, settings: RegistrySettings, data: Path, index: Path
) -> Made:
    from services.registry import joining
    from services.registry.cleaning import clean
    from services.registry.cleaning.report import Report

    files, mapping, limit = list(revision.parts), revision.mapping, settings.max_upload_bytes
    found: list[Finding] = []
    if revision.fits:
        files[-1], mapping, found = _fitted(revision, store, limit)
    clean.check_names(mapping)
    rows, findings = [], []
    order: str | None = None
    for place, part in enumerate(files):
        report = Report(part.mapping)
        with parts.naming(part, len(files)):
            ordered = parts.in_order(part, order)
            rows.append(parts.read_rows(ordered, store, limit, report, later=place > 0))
        order = order or report.date_order
        findings.append(report.findings())
    names = [part.name for part in files]
    whole, overlap = joining.join(rows, mapping, revision.frequency)
    final = Report(mapping)
    for finding in [*parts.together(names, findings), *found, *([overlap] if overlap else [])]:
        final.adopt(finding)
    settled = mapping.model_copy(update={"frequency": revision.frequency})
    panel, statistics, final = clean.settle(whole, settled, final, revision.name)
    facts = NewFacts(revision.name, mapping, "upload", revision.kind)
    new, made = uploads.finish((panel, statistics, final), facts, data, index)
    new.parts = files
    return new, made


def _fitted(
    revision: Revision, store: BlobStore, limit: int
) -> tuple[Part, Mapping, list[Finding]]:
    """Return the newest file as its own columns are, and the mapping of all files."""
    *earlier, part = revision.parts
    fitted, finding = parts.fit(part.mapping, part, earlier, store, limit)
    mapping = revision.mapping
    if fitted.layout == "wide":
        new = [value for value in fitted.values if value not in mapping.values]
        mapping = mapping.model_copy(update={"values": [*mapping.values, *new]})
    elif fitted.layout == "dates":
        mapping = mapping.model_copy(update={"values": fitted.values, "date": fitted.date})
    return replace(part, mapping=fitted), mapping, [finding] if finding else []
