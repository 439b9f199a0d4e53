"""Rows with a date, names, a target and covariates, as the mapping says; bad ones noted."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning import across
from services.registry.cleaning import dates as dating
from services.registry.cleaning.columns import Coded, Floats, Mask, coded, named
from services.registry.cleaning.date_notes import note_dates
from services.registry.cleaning.numbers import Numbers, numbers
from services.registry.cleaning.personal import without_personal
from services.registry.cleaning.report import Report
from services.registry.cleaning.zones import Zoned
from services.registry.reading.source import Column, Source
from services.registry.sentences import say
from shared.contracts.datasets import Mapping
from shared.contracts.problems import FieldError
from shared.kit.errors import Invalid


@dataclass
class Rows:
    """Clean rows in the order of the file; `numbers` are those a spreadsheet shows."""

    numbers: NDArray[np.int32]
    ids: dict[str, Coded]
    dates: NDArray[np.int32]
    moments: dating.Micros
    target: Floats
    covariates: dict[str, Floats | Coded] = field(default_factory=dict)
    static: dict[str, Coded] = field(default_factory=dict)
    zoned: Zoned | None = None

    def take(self, keep: Mask) -> "Rows":
        """Return the rows that are kept."""
        if keep.all():
            return self
        return Rows(
            self.numbers[keep],
            {name: column.take(keep) for name, column in self.ids.items()},
            self.dates[keep],
            self.moments,
            self.target[keep],
            {
                name: column.take(keep) if isinstance(column, Coded) else column[keep]
                for name, column in self.covariates.items()
            },
            {name: column.take(keep) for name, column in self.static.items()},
            self.zoned,
        )


def check_columns(mapping: Mapping, present: list[str]) -> None:
    """Refuse a mapping that names columns which are not there, or one twice.

    Raises:
        Invalid: with a pointer to each wrong name.
    """
    there = ", ".join(present[:30])
    named_columns = [("/mapping/date", mapping.date)] if mapping.layout != "dates" else []
    if mapping.layout == "long":
        named_columns.append(("/mapping/target", mapping.target))
    for role in ("ids", "known", "past", "static", "values"):
        named_columns += [
            (f"/mapping/{role}/{i}", name) for i, name in enumerate(getattr(mapping, role))
        ]
    errors, seen = [], set()
    for place, name in named_columns:
        if name not in present:
            errors.append(
                FieldError(
                    pointer=place, detail=f"There is no column {name!r}. The file has: {there}."
                )
            )
        elif name in seen:
            errors.append(FieldError(pointer=place, detail=f"{name!r} already plays a role."))
        seen.add(name)
    if mapping.layout != "long" and not mapping.values:
        errors.append(FieldError(pointer="/mapping/values", detail="Name the columns with values."))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)


def build(source: Source, mapping: Mapping, report: Report) -> Rows:
    """Make rows of a source.

    Raises:
        Invalid: a check found something that the mapping does not say how to mend.
    """
    check_columns(mapping, source.names)
    report.add(source.findings, "/file")
    mapping = without_personal(source, mapping, report)
    decimal = source.format.decimal or "."
    rows = (
        _long(source, mapping, report, decimal)
        if mapping.layout == "long"
        else _melted(source, mapping, report, decimal)
    )
    rows, days = _with_dates(rows, source, mapping, report)
    return _with_names(rows, mapping, report) if days else rows


def _long(source: Source, mapping: Mapping, report: Report, decimal: str) -> Rows:
    rows = source.row_numbers()
    covariates: dict[str, Floats | Coded] = {}
    for role in ("known", "past"):
        for i, name in enumerate(getattr(mapping, role)):
            place = f"/mapping/{role}/{i}"
            column = source.take_column(name)
            covariates[name] = _covariate(column, decimal, report, place, name, rows)
            del column
    return Rows(
        rows,
        {name: named(source.take_column(name)) for name in mapping.ids},
        np.empty(0, np.int32),
        np.empty(0, np.int64),
        _target(source.take_column(mapping.target), decimal, report, mapping.target, rows),
        covariates,
        {name: named(source.take_column(name)) for name in mapping.static},
    )


def _melted(source: Source, mapping: Mapping, report: Report, decimal: str) -> Rows:
    """Put the rows of each value column under those of the one before."""
    table, width = source.table, len(mapping.values)
    height = table.num_rows
    rows = source.row_numbers()
    target = np.concatenate(
        [_target(table.column(name), decimal, report, name, rows) for name in mapping.values]
    )

    def repeated(column: Coded) -> Coded:
        return Coded(np.tile(column.codes, width), column.values)

    ids = {name: repeated(named(table.column(name))) for name in mapping.ids}
    if mapping.layout == "wide":
        ids[mapping.series] = Coded(
            np.repeat(np.arange(width, dtype=np.int32), height), list(mapping.values)
        )
    covariates: dict[str, Floats | Coded] = {}
    for name in (*mapping.known, *mapping.past):
        column = _covariate(table.column(name), decimal, report, "/mapping", name, rows)
        covariates[name] = repeated(column) if isinstance(column, Coded) else np.tile(column, width)
    static = {name: repeated(named(table.column(name))) for name in mapping.static}
    none = np.empty(0, np.int32)
    return Rows(np.tile(rows, width), ids, none, np.empty(0, np.int64), target, covariates, static)


def _target(
    column: Column, decimal: str, report: Report, name: str, rows: NDArray[np.int32]
) -> Floats:
    found = numbers(column, decimal)
    _note_text(found, column, report, name, "/mapping/target", rows)
    _note_infinite(found, report, name, "/mapping/target", rows)
    return found.values


def _note_text(
    found: Numbers,
    column: Column,
    report: Report,
    name: str,
    place: str,
    rows: NDArray[np.int32],
) -> None:
    if found.text is None or not found.text.any():
        return
    where = np.flatnonzero(found.text)
    report.note(
        "text_in_numbers",
        "error",
        len(where),
        say("text_in_numbers", count=len(where), column=name),
        [f"row {rows[i]}: {str(column[int(i)].as_py())[:40]!r}" for i in where[:5]],
        place,
        name,
    )


def _note_infinite(
    found: Numbers, report: Report, name: str, place: str, rows: NDArray[np.int32]
) -> None:
    if found.infinite is None or not found.infinite.any():
        return
    where = np.flatnonzero(found.infinite)
    report.note(
        "not_finite",
        "error",
        len(where),
        say("not_finite", count=len(where), column=name),
        [f"row {rows[i]}" for i in where[:5]],
        place,
        name,
    )


def _covariate(
    column: Column,
    decimal: str,
    report: Report,
    place: str,
    name: str,
    rows: NDArray[np.int32],
) -> Floats | Coded:
    """Read a covariate as numbers; where a good part of it is text, it is a category."""
    found = numbers(column, decimal)
    if found.text is not None and found.text.mean() > 0.05:
        return named(column)
    _note_text(found, column, report, name, place, rows)
    _note_infinite(found, report, name, place, rows)
    return found.values


def _with_dates(rows: Rows, source: Source, mapping: Mapping, report: Report) -> tuple[Rows, bool]:
    if mapping.layout == "dates":
        found = across.dates_of(mapping)
        codes = np.repeat(found.codes, source.table.num_rows)
        column = Coded(codes, found.texts)
    else:
        column = coded(source.take_column(mapping.date))
        found = dating.dates(column, mapping.reading.date_order)
        codes = found.codes
    if mapping.layout == "wide":
        codes = np.tile(codes, len(mapping.values))
    order, first = np.unique(found.moments[:-1], return_index=True)
    first, order = first[order != dating.NAT], order[order != dating.NAT]
    rank = np.searchsorted(order, found.moments).astype(np.int32)
    rank[found.moments == dating.NAT] = -1
    rows.dates, rows.moments = rank[codes], order
    if found.zoned is not None:
        rows.zoned = Zoned(order, found.zoned.local[first], found.zoned.name)
    note_dates(found, column, rows.numbers, report, mapping.date or "names of the columns")
    if not len(order):
        raise Invalid(
            f"The column {mapping.date!r} holds no dates: choose another one.",
            field="/mapping/date",
        )
    return rows.take(rows.dates >= 0), True


def _with_names(rows: Rows, mapping: Mapping, report: Report) -> Rows:
    missing = np.zeros(len(rows.numbers), bool)
    for name, column in rows.ids.items():
        empty = column.codes < 0
        if empty.any():
            where = np.flatnonzero(empty)
            place = mapping.ids.index(name) if name in mapping.ids else 0
            report.note(
                "missing_ids",
                "error",
                len(where),
                say("missing_ids", count=len(where), column=name),
                [f"row {rows.numbers[i]}" for i in where[:5]],
                f"/mapping/ids/{place}",
                name,
            )
            missing |= empty
    return rows.take(~missing)
