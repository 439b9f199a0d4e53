"""What must become of each real file: `real.json`, compared with pandas when it was written."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Real:
    """A real file, how it is mapped, and what must come of it."""

    file: str
    mapping: dict[str, Any]
    frequency: str
    series: int
    start: str
    end: str
    total: float
    findings: dict[str, int]


REAL = [Real(**item) for item in json.loads(Path(__file__).with_name("real.json").read_text())]
