"""The short text before the numbers: what kind of data, how often, when, and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.errors import Invalid
from shared.forecasting.frequency import DAY, Frequency
from shared.forecasting.language.templates import Words

MINUTE = 60_000_000
LONGEST_ROW = 60  # steps of a covariate that are told
MOST_ROWS = 4


@dataclass(frozen=True)
class Ahead:
    """A covariate of the horizon: its name, and one digit per step (−1 where unknown)."""

    name: str
    digits: NDArray[np.int64]

    def signs(self) -> str:
        """Return the digits as text: one if all are alike, none if they are zero or unknown."""
        alike = len(set(self.digits.tolist())) == 1
        if alike and self.digits[0] <= 0:
            return ""
        told = self.digits[: 1 if alike else LONGEST_ROW].tolist()
        return "".join("x" if sign < 0 else str(sign) for sign in told)


def header(
    words: Words,
    kind: str,
    clock: Frequency,
    start: datetime,
    ahead: Sequence[Ahead] = (),
    note: str = "",
) -> str:
    """Return the header of one window.

    Raises:
        Invalid: a template asks for something that nobody fills in.
    """
    line = words["line"]
    try:
        parts = [words["kind"][kind].format(frequency=_frequency(words, clock))]
        if clock.season > 1:
            parts.append(line["season"].format(season=clock.season))
        parts.append(
            line["start"].format(
                weekday=words["weekday"]["names"][start.weekday()],
                month=start.month,
                day=start.day,
                hour=start.hour,
            )
        )
        for one in [one for one in ahead if one.signs()][:MOST_ROWS]:
            parts.append(line["covariate"].format(name=one.name, digits=one.signs()))
        if note.strip():
            parts.append(line["note"].format(note=note.strip()))
    except (AttributeError, KeyError, IndexError, ValueError) as error:
        raise Invalid(f"A template of the header cannot be filled in: {error}") from error
    return " ".join([*parts, line["numbers"]])


def _frequency(words: Words, clock: Frequency) -> str:
    named = words["frequency"]
    if clock.kind != "fixed":
        name = "business" if clock.kind == "business" else "months"
        return named[name].format(count=clock.step)
    for name, size in (("weeks", 7 * DAY), ("days", DAY), ("hours", 60 * MINUTE)):
        if clock.step % size == 0:
            return named[name].format(count=clock.step // size)
    return named["minutes"].format(count=max(1, clock.step // MINUTE))
