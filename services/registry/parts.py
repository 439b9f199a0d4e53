"""The files that a dataset is made of, and how each of them is read."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.registry.sentences import say
from services.registry.tables import DatasetRow
from shared.contracts.datasets import Finding, Mapping
from shared.kit.errors import Invalid
from shared.kit.storage import BlobStore

if TYPE_CHECKING:  # read in another process: the service stays small
    from services.registry.cleaning.report import Report
    from services.registry.cleaning.rows import Rows
    from services.registry.reading.source import Source

_ALWAYS = ("known", "past", "static", "fixes", "gaps", "frequency")
_OF_A_FILE = ("date", "layout", "series", "values", "reading")
_SHOWN = 5
_MOST_SENTENCES = 20
_NUMBERED = re.compile(r"(.*?)(\d+)")


@dataclass(frozen=True)
class Part:
    """A file, or the panel of a version whose files were not kept."""

    path: Path
    name: str
    digest: str
    mapping: Mapping
    is_panel: bool = False


def panel_mapping(row: DatasetRow) -> Mapping:
    """Return how the stored panel of a version is read."""
    own = Mapping.model_validate(row.mapping) if row.mapping else None
    is_nameless = own is not None and own.layout != "wide" and not own.ids
    return Mapping(
        date="date",
        target=row.target,
        ids=[] if is_nameless else row.ids,
        known=row.known,
        past=row.past,
        static=row.static,
    )


def adapt(own: Mapping, newest: Mapping, wanted: Mapping, is_panel: bool) -> Mapping:
    """Return how to read an earlier file when the newest one shall be read as is wanted.

    What two files have in common changes in both; what only one has, as the names of its date
    columns, stays its own.
    """
    changes = {name: getattr(wanted, name) for name in _ALWAYS}
    if not is_panel:
        changes |= {"target": wanted.target, "ids": wanted.ids}
        for name in _OF_A_FILE:
            if getattr(own, name) == getattr(newest, name):
                changes[name] = getattr(wanted, name)
            elif name == "values":
                gone = set(newest.values) - set(wanted.values)
                changes[name] = [value for value in own.values if value not in gone]
    return own.model_copy(update=changes)


@contextmanager
def naming(part: Part, count: int) -> Iterator[None]:
    """Let a refusal say which of several files it is about."""
    try:
        yield
    except Invalid as error:
        if count == 1:
            raise
        raise Invalid(f"{part.name}: {error.detail}", errors=error.errors) from error


def in_order(part: Part, order: str | None) -> Part:
    """Return a part whose dates are read in the order of the file before, if it says no other.

    A few new rows, such as one of 3/4/2024, do not tell by themselves.
    """
    reading = part.mapping.reading
    if order is None or reading.date_order is not None or part.is_panel:
        return part
    reading = reading.model_copy(update={"date_order": order})
    return replace(part, mapping=part.mapping.model_copy(update={"reading": reading}))


def together(names: Sequence[str], findings: Sequence[Sequence[Finding]]) -> list[Finding]:
    """Return what was found in several files, each kind of finding once for a column."""
    if len(findings) == 1:
        return list(findings[0])
    found: dict[tuple[str, str | None], Finding] = {}
    for name, several in zip(names, findings, strict=True):
        for finding in several:
            detail, examples = f"{name}: {finding.detail}", finding.examples
            sentences = [*say("in_file", file=name).sentences, *finding.sentences]
            key = finding.code, finding.column
            before = found.get(key)
            count = finding.count
            if before is not None:
                detail = f"{before.detail} {detail}"[:1000]
                sentences = [*before.sentences, *sentences][:_MOST_SENTENCES]
                examples, count = [*before.examples, *examples], before.count + count
            update = {"detail": detail, "examples": examples[:_SHOWN], "count": count}
            found[key] = finding.model_copy(update=update | {"sentences": sentences})
    return list(found.values())


def read_rows(part: Part, store: BlobStore, limit: int, report: "Report", later: bool) -> "Rows":
    """Read the rows of a part; one that came later may carry known covariates only.

    Raises:
        Invalid: it cannot be read so.
    """
    from services.registry.cleaning import rows
    from services.registry.reading import columnar, files

    if part.is_panel:
        source = columnar.read(part.path, "parquet", None)
    else:
        source = files.read(part.path, part.mapping, store, limit)
    if later:
        _without_target(source, part.mapping)
    return rows.build(source, part.mapping, report)


def _without_target(source: "Source", mapping: Mapping) -> None:
    """Let the target, and what is known only with it, be missing in rows of the future."""
    import pyarrow as pa

    names = source.names
    if mapping.layout != "long" or mapping.target in names or not {*mapping.known} & {*names}:
        return
    for name in (mapping.target, *mapping.past):
        if name not in names:
            empty: Any = pa.nulls(source.table.num_rows, pa.float64())
            source.table = source.table.append_column(name, pa.chunked_array([empty]))
            source.present = [*source.names, name]


def fit(
    mapping: Mapping, part: Part, earlier: Sequence[Part], store: BlobStore, limit: int
) -> tuple[Mapping, Finding | None]:
    """Return a dataset's mapping for a newer file, whose columns of values may be other ones."""
    from services.registry.reading import files

    if mapping.layout == "long":
        return mapping, None
    source = files.sample(part.path, mapping.reading, store, limit)
    roles = {mapping.date, *mapping.ids, *mapping.known, *mapping.past, *mapping.static}
    others = [name for name in source.names if name not in roles]
    if mapping.layout == "dates":
        return _fit_dates(mapping, others), None
    seen = {*mapping.values}
    kept = [old for old in earlier if not old.is_panel]
    for old in [*kept[:1], *kept[1:][-1:]]:
        seen |= {*files.sample(old.path, old.mapping.reading, store, limit).names}
    new = [name for name in others if name not in seen and _is_numeric(source, name)]
    values = [name for name in mapping.values if name in others]
    if not new:
        return mapping.model_copy(update={"values": values}), None
    if not kept:
        return mapping.model_copy(update={"values": values}), _new_columns(new, False)
    return mapping.model_copy(update={"values": values + new}), _new_columns(new, True)


def _new_columns(names: list[str], kept: bool) -> Finding:
    key = "new_columns" if kept else "new_columns_left_out"
    said = say(key, count=len(names), columns=names[:_SHOWN])
    return said.finding("new_columns", "info" if kept else "warning", len(names))


def _is_numeric(source: "Source", name: str) -> bool:
    from services.registry.cleaning.numbers import numbers

    found = numbers(source.table.column(name), source.format.decimal or ".")
    return found.text is None or not found.text.any()


def _fit_dates(mapping: Mapping, names: list[str]) -> Mapping:
    """Take the columns of a file that are dates, or count on from those of the dataset."""
    from services.registry.cleaning import across

    if dated := across.dated(names):
        return mapping.model_copy(update={"values": dated, "date": ""})
    first = _NUMBERED.fullmatch(mapping.values[0].strip())
    counted = across.longest_count(names)
    begin = _NUMBERED.fullmatch(counted[0].strip()) if counted else None
    if first is None or begin is None or first[1] != begin[1]:
        raise Invalid(
            "The file has no columns that go on from the dataset's, which are "
            f"{mapping.values[0]} to {mapping.values[-1]}.",
            field="/mapping/values",
        )
    date = _later(mapping, int(begin[2]) - int(first[2]))
    return mapping.model_copy(update={"values": counted, "date": date})


def _later(mapping: Mapping, steps: int) -> str:
    """Return the date so many steps after that of the mapping's first column."""
    from services.registry.cleaning import across, frequency

    moment = across.dates_of(mapping).moments[:1]
    grid = frequency.parse(mapping.frequency or "D", moment)
    [later] = grid.moments(grid.periods(moment) + steps).view("datetime64[us]").tolist()
    assert isinstance(later, datetime)
    return later.isoformat()
