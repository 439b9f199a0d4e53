"""Recognises files with a row for each series and a column for each date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from services.registry.cleaning import across
from services.registry.sentences import say

if TYPE_CHECKING:
    from services.registry.guessing.roles import Guess


def dates_across(guesses: dict[str, Guess]) -> bool:
    """Give columns their roles if most are numbers named by dates, or counted; else do nothing."""
    numeric = [name for name, g in guesses.items() if g.profile.type in ("number", "empty")]
    values, reason = across.dated(numeric), say("named_by_date")
    if not values and not any(g.profile.could_be_date for g in guesses.values()):
        values, reason = across.longest_count(numeric), say("counted_dates")
    if len(values) < across.FEWEST or len(values) * 2 < len(guesses):
        return False
    for name in values:
        guess = guesses[name]
        guess.role, guess.confidence, guess.reason = "value", 0.8, reason
    _name_rows({name: g for name, g in guesses.items() if name not in set(values)})
    return True


def _name_rows(others: dict[str, Guess]) -> None:
    """Let as few columns as needed name the rows; the rest describes them."""
    ids = []
    for name, guess in others.items():
        if guess.role == "id" or (guess.role == "static" and guess.profile.type == "text"):
            ids.append(name)
        elif guess.role != "ignore":
            guess.role, guess.reason = "ignore", say("names_no_row")
    if not ids:
        return
    height = len(others[ids[0]].profile.codes.codes)
    whole = _different(others, ids)
    for name in sorted(ids, key=lambda n: (others[n].confidence, -others[n].profile.distinct)):
        rest = [other for other in ids if other != name]
        guess = others[name]
        if rest and _different(others, rest) == whole:
            ids = rest
            unique = guess.profile.distinct == height
            guess.role = "ignore" if unique else "static"
            guess.reason = say("others_name_rows")
        else:
            guess.role, guess.confidence = "id", max(guess.confidence, 0.6)
            guess.reason = say("names_rows")


def _different(others: dict[str, Guess], names: list[str]) -> int:
    codes = np.stack([others[name].profile.codes.codes for name in names])
    return int(np.unique(codes, axis=1).shape[1])
