"""Fine-tunes a base model to write forecasts, and puts a stored adapter back into its base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from torch import Tensor

from shared.forecasting.devices import best_device
from shared.forecasting.errors import Invalid
from shared.forecasting.language.adapter import merged
from shared.forecasting.language.base import Base
from shared.forecasting.language.decoder import Writer
from shared.forecasting.language.exercises import ForecastBook
from shared.forecasting.language.forecaster import LanguageForecaster
from shared.forecasting.language.form import LanguageHyperparameters
from shared.forecasting.language.header import LONGEST_ROW, MOST_ROWS
from shared.forecasting.language.learner import FineTuning
from shared.forecasting.language.prompts import FEWEST, Manner, ranges, spoken, tell
from shared.forecasting.language.templates import words
from shared.forecasting.language.vocabulary import Vocabulary
from shared.forecasting.panel import Panel
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Problem
from shared.forecasting.validation import places

SEASONS = 3


class LanguageLearner:
    """A language model at work on one problem."""

    def __init__(self, problem: Problem, base: Base) -> None:
        self.problem, self.settings = problem, options(problem)
        self.base = base
        self.tuning = FineTuning(base, self.settings, problem.recipe.seed, problem.pace)
        self.manner = fitting_manner(problem, base, self.tuning.vocabulary)

    def epochs(self) -> Iterator[Epoch]:
        """Learn, yielding after each epoch."""
        book = ForecastBook(self.problem, self.manner, self.tuning.vocabulary, self.base.window)
        yield from self.tuning.epochs(book, self.problem.notes)

    def finish(self) -> LanguageForecaster:
        """Return the best epoch, merged into a base model as it comes from its file."""
        adapter = self.tuning.adapter()
        self.tuning.release()
        return rebuilt(self.base, self.settings, self.manner, adapter)


def options(problem: Problem) -> LanguageHyperparameters:
    """Return the hyper-parameters of a problem, which are a language model's."""
    if not isinstance(problem.hyperparameters, LanguageHyperparameters):
        raise TypeError("a language model's hyper-parameters extend LanguageHyperparameters")
    return problem.hyperparameters


def rebuilt(
    base: Base, settings: LanguageHyperparameters, manner: Manner, adapter: dict[str, Tensor]
) -> LanguageForecaster:
    """Return a forecaster: the base model with the adapter merged into its weights."""
    network, vocabulary = merged(base, settings.rank, adapter, best_device())
    return LanguageForecaster(
        Writer(network, vocabulary, settings.temperature),
        manner,
        base,
        paths=settings.paths,
        rank=settings.rank,
        adapter=adapter,
    )


def fitting_manner(
    problem: Problem, base: Base, vocabulary: Vocabulary, *, told_twice: bool = False
) -> Manner:
    """Return how windows are told, with a context that the base model's window can hold.

    Args:
        problem: what is to be learned.
        base: the base model.
        vocabulary: its tokens.
        told_twice: the horizon is in the prompt as well, as a forecast.

    Raises:
        Invalid: the horizon alone is too long for it.
    """
    settings, panel, horizon = options(problem), problem.panel, problem.recipe.horizon
    longest = int((problem.train_stops - panel.offsets[:-1]).max())
    usual = max(settings.told, min(SEASONS * panel.clock.season, 2 * settings.told))
    context = max(1, min(problem.recipe.context_length or usual, longest))
    manner = Manner(
        words(settings.language),
        settings.kind,
        settings.digits,
        context,
        settings.covariates,
        settings.note,
        ranges(panel),
    )
    series, starts = places(panel, problem.origins[:1] or [(0, int(panel.stops[0]))])
    filled = panel.changed(fill=dict.fromkeys(panel.known, "last"))
    short = tell(filled, series, starts, horizon, replace(manner, context=1), vocabulary)
    width = settings.digits + 1
    room = (base.window - max(map(len, short.rows))) // width - horizon * (1 + told_twice)
    if room < FEWEST:
        raise Invalid(
            f"{horizon} steps of {width} tokens do not fit into the {base.window} tokens of the "
            f"base model {base.name!r}: choose a shorter horizon or fewer digits.",
            field="/horizon",
        )
    if settings.covariates and (len(panel.known) > MOST_ROWS or horizon > LONGEST_ROW):
        problem.notes.append(
            f"At most {MOST_ROWS} covariates are told, and the first {LONGEST_ROW} steps of each."
        )
    problem.notes.extend(_not_understood(settings, panel, base, vocabulary))
    if room >= context:
        problem.notes.append(f"At most {context} values of the past are told.")
    else:
        problem.notes.append(
            f"The context is cut from {context} to {room} values, so that it fits into the "
            f"{base.window} tokens of the base model."
        )
    return replace(manner, context=min(context, room))


def _not_understood(
    settings: LanguageHyperparameters, panel: Panel, base: Base, vocabulary: Vocabulary
) -> list[str]:
    """Say which words and labels the base model cannot tell apart."""
    names = [spoken(name) for name in panel.known] if settings.covariates else []
    found = []
    if strangers := vocabulary.strangers(" ".join([*names, settings.note])):
        found.append(
            f"The base model {base.name!r} does not know these words and reads them all alike: "
            f"{', '.join(strangers)}."
        )
    labels = {name: panel.labels.get(name) or () for name in panel.known}
    if many := [name for name in labels if settings.covariates and len(labels[name]) > 10]:
        found.append(
            f"Labels are told as one digit, so that those of {', '.join(many)} with the same last "
            "digit are told alike."
        )
    return found


def stored_manner(stored: dict[str, Any]) -> Manner:
    """Return the manner that a manifest describes."""
    spans = {name: (float(low), float(high)) for name, (low, high) in stored["ranges"].items()}
    return Manner(**{**stored, "ranges": spans})
