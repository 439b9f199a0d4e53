"""Columns as codes and unique values, so that each distinct text is looked at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from services.registry.reading.cells import text
from services.registry.reading.source import Column

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass
class Coded:
    """A column: for each row the place of its value in `values`, -1 where it is missing."""

    codes: Codes
    values: list[Any]

    def take(self, keep: Mask) -> "Coded":
        """Return the rows that are kept."""
        return Coded(self.codes[keep], self.values)

    def recode(self, mapped: list[str]) -> "Coded":
        """Replace the values; equal ones get one code, an empty one becomes missing."""
        places: dict[str, int] = {}
        lookup = np.empty(len(mapped) + 1, np.int32)
        for index, value in enumerate(mapped):
            lookup[index] = places.setdefault(value, len(places)) if value else -1
        lookup[-1] = -1
        if len(places) == len(mapped):  # all differ: the codes stay what they are
            return Coded(self.codes, mapped)
        return Coded(lookup[self.codes], list(places))


def coded(column: Column) -> Coded:
    """Return any column as codes and values."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    elif column.num_chunks > 1:
        column = column.unify_dictionaries()
    if column.num_chunks == 0:
        return Coded(np.empty(0, np.int32), [])
    codes = np.concatenate([_indices(chunk) for chunk in column.chunks])
    return Coded(codes, column.chunk(0).dictionary.to_pylist())


def _indices(chunk: Any) -> Codes:
    indices = chunk.indices
    if indices.null_count:
        indices = indices.fill_null(-1)
    return np.asarray(indices.to_numpy(zero_copy_only=False)).astype(np.int32, copy=False)


def named(column: Column) -> Coded:
    """Return a column of names: trimmed text, -1 where there is none."""
    found = coded(column)
    return found.recode([_name(value) for value in found.values])


def _name(value: Any) -> str:
    if isinstance(value, str):
        return "".join(letter for letter in value.strip() if ord(letter) >= 32)
    return "" if value is None or value != value else text(value)
