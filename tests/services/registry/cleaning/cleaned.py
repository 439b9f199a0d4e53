"""Small files on their way to a panel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from services.registry.cleaning import clean
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.statistics import Statistics
from services.registry.reading import files
from shared.contracts.datasets import Finding, Mapping
from shared.kit.storage import BlobStore

LIMIT = 1 << 30


@dataclass
class Cleaned:
    """What became of a file."""

    panel: Panel
    statistics: Statistics
    found: list[Finding]

    @property
    def findings(self) -> dict[str, Finding]:
        """Return what was found by its code; each in one column at most."""
        assert len({f.code for f in self.found}) == len(self.found), "a finding is entered once"
        return {finding.code: finding for finding in self.found}

    @property
    def dates(self) -> list[str]:
        """Return the date of each cell, series after series."""
        starts = zip(self.panel.first.tolist(), self.panel.lengths.tolist(), strict=True)
        periods = np.concatenate([np.arange(first, first + n) for first, n in starts])
        moments = self.panel.grid.moments(periods).view("datetime64[us]")
        return [str(m).removesuffix(".000000").removesuffix("T00:00:00") for m in moments]

    @property
    def values(self) -> list[float | None]:
        """Return the target of each cell."""
        return [None if np.isnan(v) else float(v) for v in self.panel.target]

    def said(self, code: str) -> str:
        """Return what the report says about a finding, with its examples."""
        finding = self.findings[code]
        return " | ".join([finding.detail, *finding.examples])


def cleaned(folder: Path, content: str | bytes, **mapping: Any) -> Cleaned:
    """Write a file, read it and clean it."""
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    chosen = Mapping.model_validate({"date": "date", "target": "sales"} | mapping)
    source = files.read(path, chosen, BlobStore(folder), LIMIT)
    panel, statistics, report = clean.clean(source, chosen, "it")
    return Cleaned(panel, statistics, report.findings())


def table(dates: list[str], values: list[float] | None = None) -> str:
    """Return a CSV with a date and sales a row."""
    numbers = values or [float(i + 1) for i in range(len(dates))]
    rows = (f'"{date}",{value:g}' for date, value in zip(dates, numbers, strict=True))
    return "\n".join(["date,sales", *rows]) + "\n"
