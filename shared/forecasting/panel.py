"""Many series at one frequency, in memory: flat arrays, one offset per series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shared.forecasting.errors import SeriesNotFound
from shared.forecasting.frequency import Dates, Frequency
from shared.forecasting.recipe import Scope

Values = NDArray[np.float32]
Index = NDArray[np.int64]
Overlay = Mapping[tuple[int, int, str], float]  # (series, period, column) → value


@dataclass(frozen=True, eq=False)
class Panel:
    """Regular series: row r of series s is period first[s] + r - offsets[s].

    A missing value is NaN. Rows from stops[s] on lie after the last target and hold known
    covariates only. A text covariate is stored as the index of its label.
    """

    clock: Frequency
    ids: tuple[str, ...]
    id_labels: tuple[tuple[str, ...], ...]
    id_codes: NDArray[np.int32]  # (series, ids)
    offsets: Index  # (series + 1,)
    stops: Index  # (series,) row after the last target; offsets[s] where there is none
    first: Index  # (series,) period of the first row
    target: Values  # (rows,)
    known: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    known_values: Values = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    past_values: Values = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    static_values: Values = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overlay: Overlay = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    holidays: str = ""  # country of the last known column, whose future is known without end
    note: str = ""  # what the user says about the horizon; only language models read it

    @classmethod
    def from_arrow(
        cls,
        table: pa.Table,
        *,
        ids: Sequence[str],
        date: str,
        target: str,
        frequency: str,
        known: Sequence[str] = (),
        past: Sequence[str] = (),
        static: Sequence[str] = (),
    ) -> Panel:
        """Read a table that is sorted by ids, then date; a null target is a missing value.

        Raises:
            InvalidPanel: the table is empty, unsorted, has two rows for one date, an infinite
                value, or a date that does not fit the frequency.
        """
        from shared.forecasting.arrow import Columns, read

        columns = Columns(tuple(ids), date, target, tuple(known), tuple(past), tuple(static))
        return read(table, columns, Frequency.parse(frequency))

    @classmethod
    def from_parquet(
        cls,
        path: Path | str,
        *,
        ids: Sequence[str],
        date: str,
        target: str,
        frequency: str,
        known: Sequence[str] = (),
        past: Sequence[str] = (),
        static: Sequence[str] = (),
    ) -> Panel:
        """Read a file like `from_arrow` reads a table, without ever holding all of it.

        Raises:
            InvalidPanel: as `from_arrow`.
            OSError: the file cannot be read.
        """
        from shared.forecasting.arrow import Columns, read_file

        columns = Columns(tuple(ids), date, target, tuple(known), tuple(past), tuple(static))
        return read_file(Path(path), columns, Frequency.parse(frequency))

    def to_arrow(self, *, date: str = "date", target: str = "value") -> pa.Table:
        """Return the table that `from_arrow` makes this panel of.

        Values that `with_future` laid over the horizon are not part of it.
        """
        from shared.forecasting.arrow_table import write

        return write(self, date, target)

    def __len__(self) -> int:
        return len(self.first)

    @property
    def frequency(self) -> str:
        """Return the pandas alias of the frequency."""
        return self.clock.alias

    @cached_property
    def keys(self) -> list[dict[str, str]]:
        """Return, per series, what each id column says."""
        columns = [
            [labels[code] for code in self.id_codes[:, place]]
            for place, labels in enumerate(self.id_labels)
        ]
        return [dict(zip(self.ids, row, strict=True)) for row in zip(*columns, strict=True)] or [
            {} for _ in range(len(self))
        ]

    @cached_property
    def _places(self) -> dict[tuple[str, ...], int]:
        return {tuple(keys.values()): place for place, keys in enumerate(self.keys)}

    def find(self, keys: Mapping[str, str]) -> int:
        """Return the index of the series with these ids.

        Raises:
            SeriesNotFound: there is none, or a column is missing or unknown.
        """
        if set(keys) != set(self.ids):
            raise SeriesNotFound(
                f"A series is named by {', '.join(self.ids) or 'no id: it is a total'}; "
                f"{', '.join(keys) or 'nothing'} was given.",
                field="/series",
            )
        try:
            return self._places[tuple(str(keys[name]) for name in self.ids)]
        except KeyError:
            named = ", ".join(f"{name} {value}" for name, value in keys.items())
            raise SeriesNotFound(f"There is no series {named}.", field="/series") from None

    def select(self, scope: Scope) -> Panel:
        """Return the series of a scope, summed to one if it says so.

        Raises:
            EmptyScope: no series matches.
            Invalid: the scope names a column that is no id column.
        """
        from shared.forecasting.scopes import select

        return select(self, scope)

    def with_future(
        self, rows: Sequence[Mapping[str, Any]], fill: Mapping[str, str] | None = None
    ) -> Panel:
        """Return the panel with future values of known covariates, given or filled in.

        Raises:
            InvalidFuture: a row names an unknown series or column, a wrong date or no number.
            Invalid: a fill policy is unknown, or is for a column that is not known in advance.
        """
        from shared.forecasting.future import with_future

        return with_future(self, rows, fill or {})

    def to_period(self, date: Any) -> int:
        """Return the period index of a date (datetime, date, datetime64 or ISO text).

        Raises:
            InvalidPanel: the date does not fit the frequency.
        """
        moment = date
        if getattr(date, "tzinfo", None) is not None:
            from datetime import UTC

            moment = date.astimezone(UTC).replace(tzinfo=None)
        return int(self.clock.to_periods(np.array([moment], dtype="datetime64[us]"))[0])

    def to_date(self, period: int) -> np.datetime64:
        """Return the date of a period index, in microseconds; `.item()` gives a datetime."""
        return np.datetime64(self.clock.to_dates(np.array([period], dtype=np.int64))[0])

    def begin(self, series: int) -> int:
        """Return the period of the first row of a series."""
        return int(self.first[series])

    def end(self, series: int) -> int:
        """Return the period of the last target; one before the first row where there is none."""
        return int(self.first[series] + self.stops[series] - self.offsets[series] - 1)

    def future_end(self, series: int) -> int:
        """Return the last period with a row: the end, or that of the known covariates."""
        return int(self.first[series] + self.offsets[series + 1] - self.offsets[series] - 1)

    def dates(self, series: int, start: int | None = None, stop: int | None = None) -> Dates:
        """Return the dates of periods start … stop-1; from the first row to the last target."""
        low, high = self._span(series, start, stop)
        return self.clock.to_dates(np.arange(low, high, dtype=np.int64))

    def values(
        self, series: int, start: int | None = None, stop: int | None = None
    ) -> NDArray[np.float64]:
        """Return the target of periods start … stop-1, NaN where it is missing or outside."""
        low, high = self._span(series, start, stop)
        found = np.full(max(0, high - low), np.nan)
        begin, end = max(low, self.begin(series)), min(high, self.end(series) + 1)
        if begin < end:
            row = int(self.offsets[series]) - self.begin(series)
            found[begin - low : end - low] = self.target[row + begin : row + end]
        return found

    def _span(self, series: int, start: int | None, stop: int | None) -> tuple[int, int]:
        low = self.begin(series) if start is None else start
        return low, self.end(series) + 1 if stop is None else stop

    @cached_property
    def hashes(self) -> Index:
        """Return a number per series that its ids alone decide, for random numbers."""
        from shared.forecasting.randomness import stable_hash

        return np.array([stable_hash(keys) for keys in self.keys], dtype=np.int64)

    def changed(self, **fields: Any) -> Panel:
        """Return a copy that differs in these fields."""
        return replace(self, **fields)
