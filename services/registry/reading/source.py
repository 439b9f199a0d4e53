"""A file that has been read: its columns, not yet understood."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from services.registry.sentences import say
from shared.contracts.datasets import Finding, SourceFormat
from shared.kit.errors import Invalid

MAX_COLUMNS = 5_000
MAX_NAME = 200
_BREAKS = re.compile(r"\s*[\r\n\t\v\f]+\s*")
# Whole or in chunks; pyarrow's stubs name types that pyarrow does not have at run time.
Column = Any
CODED: pa.DataType = pa.dictionary(pa.int32(), pa.string())


@dataclass
class Source:
    """Columns as they stand in a file; text columns are dictionaries, so they stay small.

    Args:
        first_row: the number that a spreadsheet shows beside the first row of data.
        complete: whether these are all rows.
        beyond: rows from the middle and the end of a sampled file, which help to understand it.
        rows: how many rows the file has, counted or estimated; None where nobody knows.
        present: the names of all columns of the file, not only of those that were read.
        numbers: the number of each row, where they do not simply count up from the first.
    """

    format: SourceFormat
    table: pa.Table
    first_row: int
    complete: bool = True
    findings: list[Finding] = field(default_factory=list)
    beyond: pa.Table | None = None
    rows: int | None = None
    present: list[str] = field(default_factory=list)
    numbers: NDArray[np.int32] | None = None

    def row_numbers(self) -> NDArray[np.int32]:
        """Return the number of each row as a spreadsheet shows it."""
        if self.numbers is not None:
            return self.numbers
        return np.arange(self.first_row, self.first_row + self.table.num_rows, dtype=np.int32)

    def all_rows(self) -> pa.Table:
        """Return the rows with those beyond."""
        if self.beyond is None:
            return self.table
        return pa.concat_tables([self.table, self.beyond])

    def take_column(self, name: str) -> Column:
        """Return a column and let go of it, so that large files do not lie in memory twice."""
        column = self.table.column(name)
        self.table = self.table.drop_columns([name])
        return column

    @property
    def names(self) -> list[str]:
        """Return the names of all columns of the file."""
        return self.present or list(self.table.column_names)


def column_names(raw: list[str]) -> list[str]:
    """Return usable names: in one line, trimmed, none empty, none twice.

    Raises:
        Invalid: there are too many columns, or a name is no name.
    """
    if len(raw) > MAX_COLUMNS:
        raise Invalid(
            f"The file has {len(raw):,} columns; {MAX_COLUMNS:,} are the most. Turn it round so "
            "that each row holds one series and one date.",
            field="/file",
        )
    seen: set[str] = set()
    names = []
    for number, text in enumerate(raw, 1):
        text = _BREAKS.sub(" ", text).strip().strip("\ufeff").strip()
        base = name = text or f"column_{number}"
        _check(name, number)
        copy = 2
        while name in seen:
            name, copy = f"{base}_{copy}", copy + 1
        seen.add(name)
        names.append(name)
    return names


def _check(name: str, number: int) -> None:
    if len(name) > MAX_NAME:
        raise Invalid(
            f"The name of column {number} has {len(name):,} letters; {MAX_NAME} are the most.",
            field="/file",
        )
    if any(ord(letter) < 32 for letter in name):
        raise Invalid(
            f"The name of column {number} holds control characters: is this a text file?",
            field="/file",
        )


def refuse_nested(columns: dict[str, str]) -> None:
    """Refuse columns that hold more than one value a row.

    Raises:
        Invalid: there is one; it says what it holds.
    """
    for name, what in columns.items():
        raise Invalid(
            f"The column {name[:80]!r} holds {what}: flatten it to one number or text a row.",
            field="/file",
        )


def left_out(columns: dict[str, str]) -> list[Finding]:
    """Say which columns were left out because they hold more than one value a row."""
    found = []
    for name, what in sorted(columns.items()):
        said = say("nested_columns", column=name[:80], what=what)
        found.append(said.finding("nested_columns", "info", column=name))
    return found
