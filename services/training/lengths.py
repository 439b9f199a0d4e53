"""How many steps a dataset can have at most, counted without loading pandas."""

import re
from datetime import timedelta

from shared.contracts.datasets import Dataset

_STEPS = {
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "t": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "b": timedelta(days=1),
    "w": timedelta(days=7),
}
_MONTHS = {"m": 1, "q": 3, "y": 12, "a": 12}
_ALIAS = re.compile(r"(\d*)([A-Za-z]+)")


def longest_possible(dataset: Dataset) -> int:
    """Return the number of steps from the dataset's start to its end, rounded up."""
    match = _ALIAS.match(dataset.frequency)
    count = int(match[1] or 1) if match else 1
    unit = match[2].lower() if match else ""
    if step := _STEPS.get(unit):
        return (dataset.end - dataset.start) // (count * step) + 1
    months = (dataset.end.year - dataset.start.year) * 12 + dataset.end.month - dataset.start.month
    return months // (count * _MONTHS.get(unit[:1], 1)) + 1
