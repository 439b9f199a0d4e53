"""The family of language models: how they are fine-tuned, stored and rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from shared.forecasting.errors import Invalid, InvalidArtifact, Unavailable
from shared.forecasting.hyperparameters import checked
from shared.forecasting.language.base import TINY, Base, find
from shared.forecasting.language.correction import CorrectionLearner, restore_correction
from shared.forecasting.language.form import LanguageHyperparameters
from shared.forecasting.language.making import LanguageLearner, options, rebuilt, stored_manner
from shared.forecasting.manifest import Manifest
from shared.forecasting.register import Algorithm, Family, Forecaster, Learner, Problem


class LanguageFamily:
    """Language models that write numbers."""

    name = "language"

    def start(self, algorithm: Algorithm, problem: Problem) -> Learner:
        """Load the base model and prepare to fine-tune it."""
        base = find(options(problem).base)
        made = "the project's own small model" if base.name == TINY else f"a {base.kind} model"
        problem.notes.append(f"Made from {base.name}, {made} (SHA-256 {base.digest[:12]}…).")
        if options(problem).mode == "correct":
            return CorrectionLearner(problem, base)
        return LanguageLearner(problem, base)

    def restore(
        self, algorithm: Algorithm, manifest: Manifest, state: dict[str, Tensor], folder: Path
    ) -> Forecaster:
        """Load the base model that the manifest names, and put the adapter into it.

        Raises:
            InvalidArtifact: the base model is missing, or is not the one it was made from.
        """
        stored: dict[str, Any] = manifest.settings
        base = same_base(stored["base"])
        settings = checked(algorithm.hyperparameters, manifest.hyperparameters)
        if not isinstance(settings, LanguageHyperparameters):
            raise InvalidArtifact("The manifest does not describe a language model.")
        if settings.mode == "correct":
            return restore_correction(base, algorithm, settings, manifest, state, folder)
        return rebuilt(base, settings, stored_manner(stored["manner"]), state)


def same_base(stored: dict[str, str]) -> Base:
    """Return the base model that a model was made from.

    Raises:
        InvalidArtifact: it is missing here, or another one has its name.
        Unavailable: it is at the hub, which does not answer.
    """
    try:
        base = find(stored["name"], stored["digest"], stored.get("revision"))
    except Unavailable:
        raise
    except Invalid as error:
        raise InvalidArtifact(
            f"The model was made from {stored['name']!r} with digest {stored['digest']}, and none "
            f"is found here: {error}"
        ) from error
    if base.digest != stored["digest"]:
        raise InvalidArtifact(
            f"The model was made from {stored['name']!r} with digest {stored['digest']}, but the "
            f"one here has {base.digest}: its adapter does not fit."
        )
    return base


LANGUAGE: Family = LanguageFamily()
