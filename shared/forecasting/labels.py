"""Numbers the labels of a text column while it is read, and puts them in order at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shared.forecasting.panel import Values


@dataclass
class Labels:
    """The labels of a text column so far; a code is a place in it."""

    place: dict[str, int] = field(default_factory=dict)

    def encode(self, column: pa.Array) -> NDArray[np.int32]:  # type: ignore[type-arg]
        """Return the code of each value, -1 where it is null."""
        if not pa.types.is_dictionary(column.type):
            column = pc.dictionary_encode(column.cast(pa.string()))
        found = column.dictionary.cast(pa.string()).to_pylist()  # type: ignore[attr-defined]
        codes = [
            -1 if one is None else self.place.setdefault(one, len(self.place)) for one in found
        ]
        table = np.array([*codes, -1], np.int32)
        indices = column.indices.fill_null(-1)  # type: ignore[attr-defined]
        return table[indices.to_numpy(zero_copy_only=False)]

    def ordered(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """Return the labels in order, and the final code of each code given so far."""
        labels = tuple(sorted(self.place))
        final = np.full(len(labels) + 1, -1, np.int32)
        final[[self.place[label] for label in labels]] = np.arange(len(labels))
        return labels, final


def recoded(
    values: Values,
    names: tuple[str, ...],
    labels: dict[str, tuple[tuple[str, ...], NDArray[np.int32]]],
) -> Values:
    """Replace codes given while reading by places in the ordered labels."""
    for at, name in enumerate(names):
        if name in labels:
            seen = ~np.isnan(values[:, at])
            values[seen, at] = labels[name][1][values[seen, at].astype(np.int64)]
    return values
