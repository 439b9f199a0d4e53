"""Figures beside their targets: a table for people, a file for machines."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

OUT = Path(__file__).resolve().parents[1] / "out"


@dataclass(frozen=True)
class Figure:
    """One measured value, and the one that it should reach."""

    name: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["less", "more"] = "less"
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Say whether the target is reached; `None` where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "less" else self.value >= self.target


def show(figures: list[Figure]) -> None:
    """Print the figures beside their targets."""
    table = Table()
    for heading in ("figure", "measured", "target", "", "note"):
        table.add_column(heading, justify="right" if heading in ("measured", "target") else "left")
    for figure in figures:
        sign = "≤" if figure.better == "less" else "≥"
        target = "" if figure.target is None else f"{sign} {figure.target:,.4g} {figure.unit}"
        mark = {True: "[green]holds[/]", False: "[red]misses[/]", None: ""}[figure.holds]
        measured = f"{figure.value:,.4g} {figure.unit}"
        table.add_row(figure.name, measured, target, mark, figure.note)
    Console(width=140).print(table)


def write(name: str, figures: list[Figure]) -> Path:
    """Write the figures and what they were measured on; return the file."""
    OUT.mkdir(exist_ok=True)
    file = OUT / f"{name}.json"
    measured: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
            "load": round(os.getloadavg()[0], 2),
        },
        "figures": [{**asdict(figure), "holds": figure.holds} for figure in figures],
    }
    file.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    return file


def quantile(values: list[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
