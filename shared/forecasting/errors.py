"""What can go wrong in the forecasting core: each error names the finding and the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.forecasting.future import Gap


class ForecastingError(Exception):
    """A finding in words for the user; `field` is a JSON pointer into what was asked for."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return self.message


class InvalidPanel(ForecastingError):
    """The table cannot become a panel: unsorted, duplicate, infinite or off its frequency."""


class Invalid(ForecastingError):
    """A recipe or a request asks for something that cannot be done."""


class UnknownAlgorithm(Invalid):
    """No file in the algorithms folder has this name."""


class Unavailable(Invalid):
    """The algorithm is known, but this machine lacks something it needs."""


class EmptyScope(Invalid):
    """No series of the panel matches the scope."""


class NotEnoughData(Invalid):
    """The series are too short, or hold no values at all."""


class Unrepeatable(ForecastingError):
    """The fit does not follow the one whose times it was given."""


class NotEnoughMemory(ForecastingError):
    """The work would need more memory than there is; nothing was begun."""


class SeriesNotFound(ForecastingError, KeyError):
    """The panel has no series with these ids."""


class InvalidFuture(ForecastingError):
    """A row of future covariate values cannot be used."""

    def __init__(self, message: str, *, row: int, column: str | None = None) -> None:
        super().__init__(message, field=f"/future/{row}" + (f"/{column}" if column else ""))
        self.row = row
        self.column = column


class MissingFuture(ForecastingError):
    """The horizon lacks values of known covariates; `gaps` lists each one."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        first = gaps[0]
        super().__init__(
            f"{len(gaps)} future values of known covariates are missing, the first is "
            f"{first.column!r} on {first.date} for {first.keys or 'the total'}. "
            "Send them as future rows, or choose a fill policy: last, zero or mean.",
            field="/future",
        )
        self.gaps = list(gaps)


class Diverged(ForecastingError):
    """The loss became NaN or infinite before any epoch was complete."""


class InvalidArtifact(ForecastingError):
    """A stored model cannot be rebuilt: a file is missing, damaged or from a newer version."""
