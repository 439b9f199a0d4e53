"""Weighs dates that are made of several columns: year and month, or a date and an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from services.registry.reading.joined_dates import parts_of
from services.registry.sentences import say

if TYPE_CHECKING:
    from services.registry.guessing.roles import Guess

_ALMOST = 0.98
_OFTEN = 1.5  # how many more times of day than rows a day there may be


def weigh_joined(guesses: dict[str, Guess]) -> None:
    """Keep the dates that can be read, and those with a time only where it tells rows apart."""
    for name in list(guesses):
        parts = _parts(guesses, name)
        if not parts:
            continue
        guess, date = guesses[name], guesses[parts[0]]
        others = [other for other in guesses.values() if not parts_of(other.profile.name)]
        dated = date.profile.could_be_date and date.role == "date"
        if not guess.profile.could_be_date or (dated and not _tells_apart(guesses, name)):
            del guesses[name]
        else:
            finest = max((g.profile.distinct for g in others if g.role == "date"), default=0)
            weight = 0.85 if guess.profile.distinct > finest else 0.3
            guess.role, guess.confidence = "date", 0.95 if dated else weight
            guess.reason = say("made_of", columns=parts)


def settle_joined(guesses: dict[str, Guess]) -> None:
    """Leave out the dates that were not chosen, and the parts of the one that was."""
    for name in list(guesses):
        parts = _parts(guesses, name)
        if parts and guesses[name].role != "date":
            del guesses[name]
        elif parts:
            for part in parts:
                guesses[part].role, guesses[part].reason = "ignore", say("part_of_date")


def _parts(guesses: dict[str, Guess], name: str) -> list[str]:
    parts = parts_of(name)
    return parts if all(part in guesses for part in parts) else []


def _tells_apart(guesses: dict[str, Guess], joined: str) -> bool:
    """Say whether the same times come again every day; those of receipts are all different."""
    date, time = (guesses[part].profile for part in parts_of(joined))
    ids = [guess.profile.codes.codes for guess in guesses.values() if guess.role == "id"]
    height = len(date.codes.codes)
    before = _different([*ids, date.codes.codes])
    after = _different([*ids, guesses[joined].profile.codes.codes])
    return before < _ALMOST * height <= after and time.distinct <= _OFTEN * height / before


def _different(columns: list[NDArray[np.int32]]) -> int:
    return int(np.unique(np.stack(columns), axis=1).shape[1])
