"""New versions from old ones: made again with other fixes, or extended with newer rows."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from services.registry import datasets, uploads, work
from services.registry.datasets import NewDataset
from services.registry.receiving import Received
from services.registry.settings import RegistrySettings
from services.registry.tables import DatasetRow
from services.registry.uploads import NewFacts
from shared.contracts.datasets import Dataset, Finding, Mapping
from shared.kit.database import Database
from shared.kit.errors import Conflict, Invalid
from shared.kit.storage import Blob, BlobStore

Made = tuple[NewDataset, list[tuple[Path, Blob]]]


async def remake(
    row: DatasetRow,
    mapping: Mapping,
    database: Database,
    store: BlobStore,
    settings: RegistrySettings,
) -> Dataset:
    """Make a dataset again from the file that it came from.

    Raises:
        Conflict: the file was not kept.
        Invalid: the file cannot be read so.
    """
    if row.source_digest is None or not store.has(row.source_digest):
        raise Conflict(
            "The file of this dataset was not kept: upload it again.", field="/dataset_id"
        )
    source = Received(store.path(row.source_digest), row.source_name or "", 0, row.source_digest)
    with ExitStack() as stack:
        data, index = (stack.enter_context(store.incoming()) for _ in range(2))
        new, files = await work.beside(
            uploads.clean_upload, source, mapping, row.name, store, settings, data, index
        )
        new.source_name, new.source_digest, new.parent_id = (
            row.source_name,
            row.source_digest,
            row.id,
        )
        return await datasets.create(database, store, new, files)


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
    mapping = uploads.parse_mapping(received.fields.get("mapping"))
    if mapping is None and row.mapping is not None:
        mapping = Mapping.model_validate(row.mapping)
    if mapping is None:
        raise Invalid("Say with a mapping how to read the file.", field="/mapping")
    old = store.path(row.digest)
    with ExitStack() as stack:
        data, index = (stack.enter_context(store.incoming()) for _ in range(2))
        new, files = await work.beside(
            _joined, row, old, received, mapping, store, settings, data, index
        )
        new.source_name, new.source_digest = received.filename or None, received.digest
        new.parent_id = row.id
        if settings.keep_sources:
            files.append((received.path, Blob(received.digest, received.size)))
        return await datasets.create(database, store, new, files)


def _joined(
    row: DatasetRow,
    old: Path,
    received: Received,
    mapping: Mapping,
    store: BlobStore,
    settings: RegistrySettings,
    data: Path,
    index: Path,
) -> Made:
    from services.registry.cleaning import clean
    from services.registry.cleaning.writing import as_table
    from services.registry.reading import columnar, files

    source = files.read(received.path, mapping, store, settings.max_upload_bytes)
    panel, _, report = clean.clean(source, mapping, row.name)
    if list(panel.ids) != row.ids or mapping.target != row.target:
        raise Invalid(
            f"The file must name its series by {', '.join(row.ids)} and its target {row.target}.",
            field="/mapping/ids",
        )
    before = columnar.read(old, "parquet", None)
    before.table, overlap = _merge(before.table, as_table(panel, mapping), row)
    long = _long(row, mapping)
    whole, statistics, final = clean.clean(before, long, row.name)
    for finding in report.findings():
        final.adopt(finding)
    if overlap is not None:
        final.adopt(overlap)
    made = uploads.finish(
        (whole, statistics, final), NewFacts(row.name, long, "upload", row.kind), data, index
    )
    made[0].mapping = mapping
    return made


def _long(row: DatasetRow, mapping: Mapping) -> Mapping:
    """Return how a stored panel is read."""
    return Mapping(
        date="date",
        target=row.target,
        ids=row.ids,
        known=row.known,
        past=row.past,
        static=row.static,
        frequency=row.frequency,
        gaps=mapping.gaps,
    )


def _merge(old: Any, new: Any, row: DatasetRow) -> tuple[Any, Finding | None]:
    """Put new rows in the place of old ones; say how many had another value."""
    import pyarrow as pa
    from pyarrow import compute as pc

    columns = [name for name in old.column_names if name in new.column_names]
    plain = [pa.string(), pa.timestamp("us"), pa.float64()]

    def flat(table: Any) -> Any:
        kinds = dict.fromkeys(columns, plain[0]) | {"date": plain[1]}
        kinds |= {
            n: plain[2]
            for n in columns
            if n == row.target or pa.types.is_floating(old.schema.field(n).type)
        }
        return pa.table({n: table.column(n).cast(kinds[n]) for n in columns})

    old, new = flat(old), flat(new)
    keys = [*row.ids, "date"]
    renamed = new.select([*keys, row.target]).rename_columns([*keys, "new value"])
    both = old.select([*keys, row.target]).join(renamed, keys, join_type="inner")
    finding = None
    if both.num_rows:
        same = pc.equal(both.column(row.target), both.column("new value"))
        differing = both.num_rows - (pc.sum(same).as_py() or 0)
        finding = Finding(
            code="overlapping_rows",
            severity="warning" if differing else "info",
            count=both.num_rows,
            detail=f"{both.num_rows:,} rows were there before; {differing:,} had another value, "
            "and the new one was taken.",
        )
    kept = old.join(new.select(keys), keys, join_type="left anti")
    return pa.concat_tables([kept.select(columns), new.select(columns)]), finding
