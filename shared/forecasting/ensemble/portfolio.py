"""What an ensemble algorithm writes: whom to fit, and with which share of the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Candidate:
    """An algorithm that an ensemble may fit, and the share of the time it may take."""

    name: str
    share: float
    hyperparameters: dict[str, Any]
    learns: bool = True  # otherwise it needs no windows to stop at, and its `seconds` is not set
    spare: bool = False  # fitted only in time that all others leave


class Portfolio(Protocol):
    """What an ensemble algorithm writes."""

    def __init__(self, hyperparameters: Any) -> None: ...

    def candidates(self) -> list[Candidate]:
        """Return whom to fit, in this order; the first one is the yardstick."""
        ...
