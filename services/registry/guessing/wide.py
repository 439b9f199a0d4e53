"""Recognises files with a column for each series, beside a date and what names the rows."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from services.registry.guessing.choosing import CALENDAR
from services.registry.guessing.words import bare
from services.registry.sentences import say

if TYPE_CHECKING:
    from services.registry.guessing.roles import Guess

TOTALS = {"total", "totals", "sum", "all", "grandtotal", "subtotal", "合计", "总计", "小计", "总和"}
_FEWEST = 2
_FEWEST_BESIDE_IDS = 3
_ALIKE = 30.0  # how far apart the means of columns of one kind may be


def columns_of_series(guesses: dict[str, Guess]) -> list[str] | None:
    """Return the columns that are a series each, or None where the file is long."""
    if not any(guess.role == "date" for guess in guesses.values()):
        return None
    targets = [name for name, guess in guesses.items() if guess.role == "target"]
    sure = any(guesses[name].confidence >= 0.6 for name in targets)
    unknown = [
        name
        for name, guess in guesses.items()
        if guess.profile.type == "number"
        and guess.role in ("past", "target", "id", "known")
        and guess.confidence <= 0.6
        and bare(name) not in CALENDAR
        and not guess.profile.truth
    ]
    unknown = _without_totals(guesses, unknown)
    family = _family(unknown)
    if targets and not (len(family) >= 3 and not sure and targets[0] in family):
        few = [name for name in unknown if guesses[name].confidence < 0.5]
        others = sure or len(few) < 3 or _has_ids(guesses, unknown)
        return None if others else few + [n for n in targets if n not in TOTALS and n in unknown]
    if _has_ids(guesses, unknown):
        return _beside_ids(guesses, unknown, family)
    if len(family) < _FEWEST and _measures(guesses):
        return None
    values = family if _measures(guesses) else unknown
    return values if len(values) >= _FEWEST and _dates_differ(guesses) else None


def _measures(guesses: dict[str, Guess]) -> bool:
    """Say whether some columns are known measures, such as temperature: then others may be too."""
    return any(
        guess.role == "past" and guess.confidence > 0.6 and guess.profile.type == "number"
        for guess in guesses.values()
    )


def _dates_differ(guesses: dict[str, Guess]) -> bool:
    date = next(guess.profile for guess in guesses.values() if guess.role == "date")
    return date.distinct >= 0.9 * date.filled


def _has_ids(guesses: dict[str, Guess], unknown: list[str]) -> bool:
    return any(guess.role == "id" and name not in unknown for name, guess in guesses.items())


def _beside_ids(
    guesses: dict[str, Guess], unknown: list[str], family: list[str]
) -> list[str] | None:
    """Return columns named alike, or like in size where no column is a known measure."""
    nameless = [name for name in family if guesses[name].confidence < 0.5]
    if len(nameless) >= _FEWEST:
        return nameless
    measures = [g for g in guesses.values() if g.role in ("past", "known") and g.confidence > 0.6]
    few = [name for name in unknown if guesses[name].confidence < 0.5]
    if measures or len(few) < _FEWEST_BESIDE_IDS:
        return None
    means = [float(np.nanmean(np.abs(guesses[name].profile.numbers))) for name in few]
    return few if max(means) <= _ALIKE * max(min(means), 1e-9) else None


def _family(names: list[str]) -> list[str]:
    """Return the names that differ only in their digits, or in what follows a common word."""
    shapes = Counter(_shape(name) for name in names)
    shape, count = shapes.most_common(1)[0] if shapes else ("", 0)
    if count >= _FEWEST and "9" in shape:
        return [name for name in names if _shape(name) == shape]
    heads = Counter(_head(name) for name in names)
    head, count = heads.most_common(1)[0] if heads else ("", 0)
    return [name for name in names if _head(name) == head] if head and count >= 3 else []


def _shape(name: str) -> str:
    return re.sub(r"\d+", "9", name.strip().lower())


def _head(name: str) -> str:
    return re.split(r"[_\-. ]", name.strip().lower())[0] if re.search(r"[_\-. ]", name) else ""


def _without_totals(guesses: dict[str, Guess], names: list[str]) -> list[str]:
    """Leave out the column that is called a total, or is the sum of the others."""
    kept = [name for name in names if bare(name) not in TOTALS]
    if len(kept) < 4:
        return kept
    table = np.stack([np.nan_to_num(guesses[name].profile.numbers) for name in kept])
    whole = table.sum(axis=0)
    for name, row in zip(kept, table, strict=True):
        if whole.any() and np.allclose(row * 2, whole, rtol=1e-4, atol=1e-2):
            guesses[name].reason = say("sum_of_others")
            return [other for other in kept if other != name]
    return kept
