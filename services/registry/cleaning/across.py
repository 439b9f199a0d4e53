"""Files with a column for each date: what dates their names say."""

import re
from itertools import pairwise

import numpy as np

from services.registry.cleaning import dates as dating
from services.registry.cleaning import frequency as frequencies
from services.registry.cleaning.columns import Coded
from shared.contracts.datasets import Mapping
from shared.kit.errors import Invalid

_NUMBERED = re.compile(r"(.*?)(\d+)")
FEWEST = 3


def dated(names: list[str]) -> list[str]:
    """Return the names of columns that are dates, if they are different ones."""
    if not names:
        return []
    read = _read(names, None)
    found = [name for place, name in enumerate(names) if place not in set(read.impossible)]
    moments = read.moments[:-1][read.moments[:-1] != dating.NAT]
    return found if len(np.unique(moments)) == len(found) else []


def longest_count(names: list[str]) -> list[str]:
    """Return the most names that count up, as d_1, d_2, d_3 do."""
    groups: dict[str, list[str]] = {}
    for name in names:
        match = _NUMBERED.fullmatch(name.strip())
        if match and match[1]:
            groups.setdefault(match[1], []).append(name)
    longest = max(groups.values(), key=len, default=[])
    return longest if _counts_up(longest) else []


def _counts_up(names: list[str]) -> bool:
    matches = [_NUMBERED.fullmatch(name.strip()) for name in names]
    if not all(m and m[1] for m in matches):
        return False
    parts = [(m[1], int(m[2])) for m in matches if m]
    return all(a[0] == b[0] and b[1] == a[1] + 1 for a, b in pairwise(parts))


def dates_of(mapping: Mapping) -> dating.Dates:
    """Return the dates that the value columns stand for.

    Raises:
        Invalid: their names are neither dates nor numbered from a date that the mapping names.
    """
    names = mapping.values
    found = _read(names, mapping.reading.date_order)
    if not found.impossible:
        return found
    if not _counts_up(names) or len(names) < FEWEST:
        wrong = ", ".join(names[place] for place in found.impossible[:5])
        raise Invalid(f"These names of columns are no dates: {wrong}.", field="/mapping/values")
    first = dating.dates(Coded(np.zeros(1, np.int32), [mapping.date]), mapping.reading.date_order)
    moment = first.moments[:1]
    if moment[0] == dating.NAT:
        raise Invalid(
            f"The columns are numbered ({names[0]}, {names[1]} …): say on which date the first "
            "one is, such as 2011-01-29.",
            field="/mapping/date",
        )
    grid = frequencies.parse(mapping.frequency or "D", moment)
    moments = grid.moments(grid.periods(moment)[0] + np.arange(len(names)))
    return dating.Dates(found.codes, np.append(moments, dating.NAT), texts=list(names))


def _read(names: list[str], order: str | None) -> dating.Dates:
    return dating.dates(Coded(np.arange(len(names), dtype=np.int32), list(names)), order)
