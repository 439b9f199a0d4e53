"""From columns to a stored panel: the whole way, in order."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.registry.cleaning import rows as rowing
from services.registry.cleaning.checks import check
from services.registry.cleaning.grid import arrange, fill_gaps
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.report import Report
from services.registry.cleaning.rows import Rows
from services.registry.cleaning.statistics import Statistics
from services.registry.cleaning.writing import write_index, write_panel
from services.registry.reading.source import Source
from shared.contracts.datasets import Mapping, Quality
from shared.kit.errors import Invalid

_RESERVED = "date"
_SAMPLED_CELLS = 300_000


@dataclass(frozen=True)
class Facts:
    """What is kept of a panel beside its blobs."""

    frequency: str
    ids: list[str]
    known: list[str]
    past: list[str]
    static: list[str]
    series_count: int
    row_count: int
    start: int
    end: int
    future_end: int
    quality: Quality


def clean(
    source: Source, mapping: Mapping, name: str, strict: bool = True
) -> tuple[Panel, Statistics, Report]:
    """Turn a source into a regular, checked panel.

    Raises:
        Invalid: what is wrong and not to be mended, with a pointer to it.
    """
    report = Report(mapping, strict)
    report.whole = source.complete
    return settle(_build(source, mapping, report), mapping, report, name)


def arranged(source: Source, mapping: Mapping, name: str) -> tuple[Panel, Report]:
    """Return the rows of a source in their places, with what was found on the way, unchecked.

    Raises:
        Invalid: what is wrong and not to be mended, with a pointer to it.
    """
    report = Report(mapping, strict=False)
    report.whole = source.complete
    return arrange(_build(source, mapping, report), mapping, report, name), report


def _build(source: Source, mapping: Mapping, report: Report) -> Rows:
    check_names(mapping)
    rows = rowing.build(source, mapping, report)
    source.table = source.table.slice(0, 0)  # the rows hold what is needed: let the rest go
    return rows


def settle(
    rows: Rows, mapping: Mapping, report: Report, name: str
) -> tuple[Panel, Statistics, Report]:
    """Turn rows, of one file or of several, into a regular, checked panel.

    Raises:
        Invalid: what is wrong and not to be mended, with a pointer to it.
    """
    panel = arrange(rows, mapping, report, name)
    del rows
    if not report.whole:
        panel = _few(panel)
    fill_gaps(panel, report)
    panel, statistics = check(panel, mapping, report)
    return panel, statistics, report


def _few(panel: Panel) -> Panel:
    """Return the first series of a sample: rows in no order are far apart, and fill much."""
    keep = np.cumsum(panel.lengths) <= _SAMPLED_CELLS
    keep[0] = True
    return panel if keep.all() else panel.trim(np.zeros(panel.count, np.int64), keep)


def check_names(mapping: Mapping) -> None:
    """Refuse a target or covariate that would be called like the date column of a dataset."""
    ids = [mapping.series] if mapping.layout == "wide" else []
    taken = [mapping.target, *mapping.ids, *ids, *mapping.known, *mapping.past, *mapping.static]
    if _RESERVED in taken:
        raise Invalid(
            f"Only the dates may be called {_RESERVED!r}: choose another column or rename it.",
            field="/mapping/target" if mapping.target == _RESERVED else "/mapping/ids",
        )
    if len(set(taken)) < len(taken) and mapping.layout == "wide":
        raise Invalid("Two columns would get one name: rename one.", field="/mapping/series")


def store(
    panel: Panel, statistics: Statistics, report: Report, mapping: Mapping, data: Path, index: Path
) -> Facts:
    """Write a panel and its index, and return the facts about it."""
    write_panel(panel, mapping, data)
    write_index(panel, statistics, index)
    last = panel.first + panel.observed - 1
    final = panel.first + panel.lengths - 1
    edges = np.array([panel.first.min(), last.max(), final.max()])
    start, end, future_end = (int(m) for m in panel.grid.moments(edges))
    return Facts(
        frequency=panel.grid.alias,
        ids=list(panel.ids),
        known=[name for name in mapping.known if name in panel.covariates],
        past=[name for name in mapping.past if name in panel.covariates],
        static=list(panel.static),
        series_count=panel.count,
        row_count=len(panel.target),
        start=start,
        end=end,
        future_end=future_end,
        quality=_quality(panel, statistics, report),
    )


def _quality(panel: Panel, statistics: Statistics, report: Report) -> Quality:
    cells = float(panel.observed.sum())
    missing = float((statistics.missing_share * panel.observed).sum())
    zero = np.nansum(statistics.zero_share * (1 - statistics.missing_share) * panel.observed)
    return Quality(
        findings=report.findings(),
        missing_share=missing / cells,
        zero_share=float(zero) / max(1.0, cells - missing),
    )
