"""A sample in the making: a grid of series and days, cut to the days that each one lives."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from services.registry.reading.source import Column, Source
from shared.contracts.datasets import Mapping, SourceFormat

Values = NDArray[np.float64]
FUTURE_DAYS = 60  # known covariates run on for so long after the last target
LAST_DAY = np.datetime64("2026-06-30", "D")


@dataclass
class Draft:
    """Columns over [series, steps]; `target` is NaN where it lies in the future."""

    mapping: Mapping
    dates: NDArray[np.datetime64]
    ids: dict[str, list[str]]
    target: Values
    covariates: dict[str, Values]
    static: dict[str, list[str]]
    alive: NDArray[np.bool_] | None = None

    def source(self) -> Source:
        """Return the draft as if it had been read from a file."""
        count, steps = self.target.shape
        keep = np.ones((count, steps), bool) if self.alive is None else self.alive
        series, step = np.nonzero(keep)
        columns: dict[str, Column] = {
            name: _texts(values, series) for name, values in (self.ids | self.static).items()
        }
        moments = pa.array(self.dates.astype("datetime64[us]"))
        codes: Any = pa.array(step.astype(np.int32))
        columns[self.mapping.date] = pa.DictionaryArray.from_arrays(codes, moments)
        columns[self.mapping.target] = pa.array(self.target[keep], from_pandas=True)
        for name, values in self.covariates.items():
            columns[name] = pa.array(np.broadcast_to(values, keep.shape)[keep], from_pandas=True)
        return Source(SourceFormat(kind="parquet"), pa.table(columns), 1)


def _texts(values: list[str], series: NDArray[np.int64]) -> Column:
    codes: Any = pa.array(series.astype(np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array(values)).cast(
        pa.dictionary(pa.int32(), pa.string())
    )


def day_range(days: int, steps_per_day: int = 1) -> NDArray[np.datetime64]:
    """Return the dates of a sample: `days` up to the last day, then the future ones."""
    first = (LAST_DAY - np.timedelta64(days - 1, "D")).astype("datetime64[m]")
    step = np.timedelta64(1440 // steps_per_day, "m")
    dates: NDArray[np.datetime64] = first + np.arange((days + FUTURE_DAYS) * steps_per_day) * step
    return dates


def smooth_noise(random: np.random.Generator, shape: tuple[int, int], keep: float) -> Values:
    """Return noise with a memory: each step keeps a share of the one before; variance 1."""
    noise = random.standard_normal(shape)
    fresh = np.sqrt(1 - keep**2)
    for step in range(1, shape[1]):
        noise[:, step] = keep * noise[:, step - 1] + fresh * noise[:, step]
    return noise
