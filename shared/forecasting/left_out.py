"""Says of every series that is not learned from, or not checked, why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shared.forecasting.manifest import LeftOut, LeftOutReason
from shared.forecasting.panel import Index, Panel
from shared.forecasting.validation import SHORTEST_HISTORY

NAMED = 5  # series that a note names; the list names all


def without_values(panel: Panel) -> Index:
    """Return the series that hold no value at all."""
    return np.flatnonzero(_counts(panel, panel.offsets[1:]) == 0)


def left_out(panel: Panel, chosen: Index, reason: LeftOutReason) -> list[LeftOut]:
    """Return these series with one reason."""
    return [LeftOut(keys=panel.keys[int(one)], reason=reason) for one in chosen]


def unchecked(
    panel: Panel, train_stops: Index, horizon: int, train_end: int | None
) -> list[LeftOut]:
    """Return the series that count in no metric.

    Args:
        panel: without what the test keeps.
        train_stops: flat row before which each series is learned from.
        horizon: steps of a validation window.
        train_end: last period that is learned from; None where each series holds back its end.
    """
    if train_end is None:
        return left_out(panel, np.flatnonzero(train_stops == panel.stops), "too_short")
    found: list[LeftOut] = []
    for reason, chosen in _around(panel, train_stops, horizon):
        found += left_out(panel, chosen, reason)
    return found


def _around(
    panel: Panel, train_stops: Index, horizon: int
) -> Iterator[tuple[LeftOutReason, Index]]:
    """Yield the series that have too little before the training ends, or after it."""
    before, after = train_stops - panel.offsets[:-1], panel.stops - train_stops
    learned = _counts(panel, train_stops) > 0
    begins_late = ~learned
    too_short = learned & (before < SHORTEST_HISTORY)
    ends_early = learned & ~too_short & (after < horizon)
    yield "begins_late", np.flatnonzero(begins_late)
    yield "too_short", np.flatnonzero(too_short)
    yield "ends_early", np.flatnonzero(ends_early)


def _counts(panel: Panel, stops: Index) -> Index:
    """Return how many values each series holds before a row of its own."""
    seen = np.concatenate([[0], np.cumsum(np.isfinite(panel.target))])
    counts: Index = seen[stops] - seen[panel.offsets[:-1]]
    return counts


SAYING: dict[LeftOutReason, str] = {
    "no_values": "left out, they hold no values",
    "begins_late": "left out, they hold no values before the training ends",
    "too_short": "are too short to check: they are learned from, but do not count in the metrics",
    "ends_early": "end before a whole horizon of the validation: they are learned from, but do "
    "not count in the metrics",
}


def notes(found: list[LeftOut], count: int) -> list[str]:
    """Return a sentence for each reason; the list itself has every series."""
    said = []
    for reason, words in SAYING.items():
        named = [" ".join(one.keys.values()) for one in found if one.reason == reason]
        if named:
            more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
            said.append(
                f"{len(named)} of {count} series {words}: {', '.join(named[:NAMED])}{more}."
            )
    return said
