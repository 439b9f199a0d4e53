"""Training, validation and test by time: the same dates end them for all series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.forecasting.errors import Invalid, NotEnoughData
from shared.forecasting.manifest import StoredSplit
from shared.forecasting.panel import Index, Panel
from shared.forecasting.recipe import Recipe


@dataclass(frozen=True)
class Split:
    """The periods in which each part ends, all inclusive.

    `train_end` None lets each series hold back its own end.
    """

    train_start: int
    train_end: int | None
    validation_end: int
    test_end: int


def split(panel: Panel, recipe: Recipe) -> Split:
    """Return how a recipe splits the time of a dataset.

    Raises:
        Invalid: a part is shorter than the horizon.
        NotEnoughData: nothing would be left to learn from.
    """
    _check(recipe)
    begin, end = int(panel.first.min()), int(_ends(panel).max())
    held = (recipe.validation or recipe.horizon) + recipe.test
    if end - begin + 1 <= held and (recipe.validation or recipe.test):
        raise NotEnoughData(
            f"The data has {end - begin + 1} steps; {held} of them are for validation and test, "
            "and nothing is left to learn from.",
            field="/test_steps" if recipe.test else "/validation_steps",
        )
    learned = end - recipe.test
    train = None if recipe.validation is None else learned - recipe.validation
    return Split(begin, train, learned, end)


def _check(recipe: Recipe) -> None:
    parts = (("validation", recipe.validation), ("test", recipe.test or None))
    for name, steps in parts:
        if steps is not None and steps < recipe.horizon:
            raise Invalid(
                f"A forecast has {recipe.horizon} steps, so the {name} needs at least as many, "
                f"not {steps}.",
                field=f"/{name}_steps",
            )


def _ends(panel: Panel) -> Index:
    return panel.first + panel.stops - panel.offsets[:-1] - 1


def until(panel: Panel, period: int) -> Panel:
    """Return the panel as it was known at the end of a period; known covariates go on."""
    if int(_ends(panel).max()) <= period:
        return panel
    lengths = np.diff(panel.offsets)
    rows = np.arange(len(panel.target)) - np.repeat(panel.offsets[:-1] - panel.first, lengths)
    later = rows > period
    target = np.where(later, np.float32(np.nan), panel.target)
    past = panel.past_values
    if panel.past:
        past = np.where(later[:, None], np.float32(np.nan), past)
    seen = np.where(np.isnan(target), -1, np.arange(len(target)))
    last = np.maximum.reduceat(seen, panel.offsets[:-1])
    stops = np.maximum(last + 1, panel.offsets[:-1])
    return panel.changed(target=target, past_values=past, stops=stops)


def stored(panel: Panel, found: Split, held: int) -> StoredSplit:
    """Return the dates of a split, where each series holds back `held` steps if it says nothing."""
    train = found.validation_end - held if found.train_end is None else found.train_end
    places = (found.train_start, train, found.validation_end, found.test_end)
    dates = [panel.to_date(period).item() for period in places]
    return StoredSplit(
        train_start=dates[0],
        train_end=dates[1],
        validation_end=dates[2],
        test_end=dates[3],
        train_steps=train - found.train_start + 1,
        validation_steps=found.validation_end - train,
        test_steps=found.test_end - found.validation_end,
    )
