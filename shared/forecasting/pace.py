"""The time that a fit goes by: noted, so that the same model can be made again.

A time budget decides how many steps are taken and which members are tried, and no two runs take
the same time. Whatever decides by time asks here. Every answer is noted in the manifest; a fit
that is given the notes gets the same answers, and makes the same model.
"""

from __future__ import annotations

import time
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from shared.forecasting.errors import Unrepeatable

UNITS = 10_000  # per second


class Noted(BaseModel):
    """The answers of a fit, and where its caller left it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    units_per_second: int = Field(default=UNITS, gt=0)
    steps: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        default=(), description="Units from each answer to the next."
    )
    left_after: int | None = Field(
        default=None, description="Rounds after which the caller left; None if it did not."
    )


class Pace:
    """Says how much time is gone, and notes what it says; or says what was noted."""

    def __init__(self, noted: Noted | None = None) -> None:
        self.noted = noted
        self._answers = [] if noted is None else np.cumsum(noted.steps).tolist()
        self._place = 0
        self._began = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds since the fit began.

        Raises:
            Unrepeatable: the fit asks more often than the one that was noted.
        """
        if self.noted is None:
            self._answers.append(round((time.monotonic() - self._began) * UNITS))
            return float(self._answers[-1] / UNITS)
        if self._place == len(self._answers):
            raise Unrepeatable(
                "This is not the training whose times were noted: the data, the options, the "
                "number of threads or the program are others. Train without them.",
                field="/pace_of",
            )
        self._place += 1
        return float(self._answers[self._place - 1] / self.noted.units_per_second)

    def notes(self, left_after: int | None) -> Noted | None:
        """Return what was said, None where nothing hung on time."""
        if self.noted is not None:
            return self.noted
        if not self._answers and left_after is None:
            return None
        steps = np.diff(self._answers, prepend=0)
        return Noted(steps=tuple(steps.tolist()), left_after=left_after)
