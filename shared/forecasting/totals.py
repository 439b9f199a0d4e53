"""Totals over days, weeks and months, with quantiles of their own from the sample paths."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.calibration import quantiles_of
from shared.forecasting.frequency import DAY, Dates, Frequency

Numbers = NDArray[np.float64]
UNITS = ("day", "week", "month")
MONDAY = 3  # days from the Monday before 1970-01-01, a Thursday


@dataclass(frozen=True)
class Span:
    """The steps of a horizon that lie in one day, week or month of the calendar."""

    begin: np.datetime64  # the first day of that day, week or month
    first: int  # place in the horizon
    steps: int
    full: int  # steps that the whole of it has


@dataclass(frozen=True, eq=False)
class Totals:
    """What a model says about the sums over spans of one unit."""

    spans: list[Span]
    mean: Numbers  # (span,)
    quantiles: Numbers  # (span, level)


def units(clock: Frequency) -> tuple[str, ...]:
    """Return the units that are coarser than a step and made of whole steps."""
    if clock.kind == "business":
        return UNITS[1:] if clock.step == 1 else ()
    if clock.kind != "fixed" or clock.step > DAY or DAY % clock.step:
        return ()
    return UNITS[1:] if clock.step == DAY else UNITS


def spans(clock: Frequency, start: int, horizon: int, unit: str) -> list[Span]:
    """Return the spans that a horizon touches, in order."""
    days = clock.to_dates(np.arange(start, start + horizon)).astype("datetime64[D]")
    begins, first, steps = np.unique(_begins(days, unit), return_index=True, return_counts=True)
    return [
        Span(begin, int(place), int(count), _full(clock, begin, unit))
        for begin, place, count in zip(begins, first, steps, strict=True)
    ]


def totals(
    paths: Numbers, mean: Numbers, clock: Frequency, start: int, levels: tuple[float, ...]
) -> list[dict[str, Totals]]:
    """Sum the paths (series, path, step) of series that start together, by each unit."""
    found: list[dict[str, Totals]] = [{} for _ in paths]
    for unit in units(clock):
        touched = spans(clock, start, paths.shape[2], unit)
        firsts = [span.first for span in touched]
        sums = np.sort(np.add.reduceat(paths, firsts, axis=2), axis=1)
        means = np.add.reduceat(mean, firsts, axis=1)
        for one, one_mean, one_quantiles in zip(
            found, means, quantiles_of(sums, levels), strict=True
        ):
            one[unit] = Totals(touched, one_mean, one_quantiles)
    return found


def _begins(days: Dates, unit: str) -> Dates:
    if unit == "month":
        return days.astype("datetime64[M]").astype("datetime64[D]")
    if unit == "week":
        numbers = days.astype(np.int64) + MONDAY
        return (numbers // 7 * 7 - MONDAY).astype("datetime64[D]")
    return days


def _full(clock: Frequency, begin: np.datetime64, unit: str) -> int:
    if unit == "month":
        end = (begin.astype("datetime64[M]") + 1).astype("datetime64[D]")
    else:
        end = begin + np.timedelta64(7 if unit == "week" else 1, "D")
    if clock.kind == "business":
        return int(np.busday_count(begin, end))
    return int((end - begin).astype(np.int64)) * DAY // clock.step
