"""Finds the rows of a text table that are not read: blank ones, and those of another width."""

import csv
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.registry.reading.layout import Layout
from services.registry.sentences import say
from shared.contracts.datasets import Finding

_PIECE = 1 << 20
_SHOWN = 5
_BLANK = (b"\n\n", b"\n\r\n", b"\r\r")


@dataclass
class Gaps:
    """The places of rows that were left out, counted from the first row of data."""

    places: list[int] = field(default_factory=list)
    ragged: int = 0
    examples: list[str] = field(default_factory=list)

    def findings(self, width: int) -> list[Finding]:
        """Say that rows have another width than the row of names."""
        return ragged_rows(self.ragged, self.examples, width)

    def numbers(self, first_row: int, rows: int) -> NDArray[np.int32] | None:
        """Return the number of each row that was read, or None where none is left out."""
        if not self.places:
            return None
        every = np.arange(first_row, first_row + rows + len(self.places), dtype=np.int32)
        return np.delete(every, self.places)


def ragged_rows(count: int, examples: list[str], width: int) -> list[Finding]:
    """Say how many rows have another width than the row of names."""
    if not count:
        return []
    said = say("ragged_rows", count=count, width=width)
    shown, fixes = examples[:_SHOWN], ["refuse", "drop"]
    return [said.finding("ragged_rows", "error", count, examples=shown, fixes=fixes)]


def second_header(layout: Layout) -> list[Finding]:
    """Say that a second row of names was left out."""
    if layout.second is None or layout.header_row is None:
        return []
    return second_row_of_names(layout.second, layout.header_row)


def second_row_of_names(second: int, first: int) -> list[Finding]:
    """Say that a row below the names is another row of names."""
    said = say("second_header", second=second, first=first)
    shown, fixes = [f"row {second}"], ["refuse", "drop"]
    return [said.finding("second_header", "error", examples=shown, fixes=fixes)]


def rows_of(lines: Iterable[str], layout: Layout) -> Iterator[list[str]]:
    """Read rows as they are laid out."""
    return csv.reader(lines, delimiter=layout.delimiter, quotechar=layout.quote)


def find_gaps(path: Path, layout: Layout, newlines: bool, ragged: bool, rows: int) -> Gaps:
    """Find what was left out of a file in UTF-8 when so many rows were read; usually nothing."""
    if ragged:
        return _by_row(path, layout)
    if (not newlines and _lines(path) - layout.skip == rows) or not _has_blank_line(path):
        return Gaps()
    if newlines or _ends_lines_with_returns(path):
        return _by_row(path, layout)
    with path.open("rb") as stream:
        lines = itertools.islice(stream, layout.skip, None)
        return Gaps([i for i, line in enumerate(lines) if line in (b"\n", b"\r\n")])


def _by_row(path: Path, layout: Layout) -> Gaps:
    found, width = Gaps(), len(layout.names)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = itertools.islice(stream, layout.skip, None)
        for place, row in enumerate(rows_of(lines, layout)):
            if len(row) == width:
                continue
            found.places.append(place)
            if any(cell.strip() for cell in row):
                found.ragged += 1
                if len(found.examples) < _SHOWN:
                    found.examples.append(f"row {layout.first_row + place}: {len(row)} fields")
    return found


def _lines(path: Path) -> int:
    """Count the lines of a file, whose last one need not end."""
    count, end = 0, b"\n"
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            count += int(np.count_nonzero(np.frombuffer(piece, np.uint8) == ord("\n")))
            end = piece[-1:]
    return count + (end != b"\n")


def _has_blank_line(path: Path) -> bool:
    end = b""
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            if any(blank in piece or blank in end + piece[:3] for blank in _BLANK):
                return True
            end = piece[-2:]
    return False


def _ends_lines_with_returns(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(_PIECE)
    return b"\n" not in head
