"""Looks for what would mislead a model, and mends it as the mapping says."""

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.leaks import drop_leaks
from services.registry.cleaning.outliers import mend_outliers
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.report import Report
from services.registry.cleaning.statistics import Statistics
from services.registry.sentences import say
from shared.contracts.datasets import Mapping
from shared.kit.errors import Invalid

_DEAD_SEASONS = 8
_LAUNCH_SEASONS = 4


def check(panel: Panel, mapping: Mapping, report: Report) -> tuple[Panel, Statistics]:
    """Check a panel and mend it; return it with the figures of its series.

    Raises:
        Invalid: the fixes leave no series.
    """
    _negatives(panel, report)
    statistics = Statistics.of(panel)
    mended = mend_outliers(panel, statistics, report)
    drop_leaks(panel, mapping, report)
    skip, keep = _series(panel, statistics, report)
    if not keep.any():
        raise Invalid("The chosen fixes leave no series: keep some.", field="/mapping/fixes")
    if skip.any() or not keep.all():
        panel = panel.trim(skip, keep)
        return panel, Statistics.of(panel)
    return panel, Statistics.of(panel) if mended else statistics


def _negatives(panel: Panel, report: Report) -> None:
    with np.errstate(invalid="ignore"):
        negative = panel.target < 0
    number = int(negative.sum())
    if not number:
        return
    fix = report.note(
        "negative_values",
        "info",
        number,
        say("negative_values", count=number),
        [panel.place(int(i)) for i in np.flatnonzero(negative)[:5]],
    )
    if fix in ("zero", "missing"):
        panel.target = np.where(negative, 0.0 if fix == "zero" else np.nan, panel.target)


def _series(
    panel: Panel, statistics: Statistics, report: Report
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return how many cells to skip at the beginning of each series, and which to keep."""
    season = panel.grid.season
    skip, keep = np.zeros(panel.count, np.int64), np.ones(panel.count, bool)
    constant = (statistics.high == statistics.low) & (panel.observed > 1)
    late = statistics.leading_zeros
    launched = (
        ~constant & (late >= max(_LAUNCH_SEASONS * season, 8)) & (late > panel.observed // 20)
    )
    if _note_series(panel, report, "leading_zeros", launched) == "trim":
        skip = np.where(launched, late, 0)
    if not report.whole:
        return skip, keep  # the beginning of a file says nothing about how its series end
    ends = panel.first + panel.observed
    silent = int(ends.max()) - ends + statistics.trailing_zeros
    span = int(ends.max() - panel.first.min())
    dead = silent > max(_DEAD_SEASONS * season, span // 5)
    horizon = panel.grid.usual_horizon
    short = panel.observed < 2 * horizon
    checks = (("dead_series", dead), ("constant_series", constant), ("short_series", short))
    for code, found in checks:
        more = {"needed": 2 * horizon, "horizon": horizon} if code == "short_series" else {}
        if _note_series(panel, report, code, found, **more) == "drop":
            keep &= ~found
    return skip, keep


def _note_series(
    panel: Panel, report: Report, code: str, found: NDArray[np.bool_], **more: int
) -> str | None:
    number = int(found.sum())
    if not number:
        return None
    return report.note(
        code,
        "warning" if code == "short_series" else "info",
        number,
        say(code, count=number, total=panel.count, **more),
        [panel.name(int(i)) for i in np.flatnonzero(found)[:5]],
    )
