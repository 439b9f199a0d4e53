"""The family of boosted trees: what they share in learning and in being rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from shared.forecasting.boosting.features import Layout
from shared.forecasting.boosting.forecaster import TEXT, BoostedForecaster, Spread
from shared.forecasting.boosting.learner import BoostingLearner
from shared.forecasting.errors import InvalidArtifact
from shared.forecasting.manifest import Manifest
from shared.forecasting.register import Algorithm, Family, Problem


class BoostingFamily:
    """Trees over all series that foretell each step of the horizon directly."""

    name = "boosting"

    def start(self, algorithm: Algorithm, problem: Problem) -> BoostingLearner:
        """Prepare to learn.

        Raises:
            Invalid: the objective does not suit the data.
        """
        return BoostingLearner(algorithm, problem)

    def restore(
        self, algorithm: Algorithm, manifest: Manifest, state: dict[str, Tensor], folder: Path
    ) -> BoostedForecaster:
        """Read the trees.

        Raises:
            InvalidArtifact: a file of trees is missing or damaged.
        """
        from lightgbm import Booster
        from lightgbm.basic import LightGBMError

        stored: dict[str, Any] = manifest.settings
        levels = tuple(stored["levels"])
        boosters = []
        for place in range(len(levels) or 1):
            file = folder / TEXT.format(place)
            try:
                boosters.append(Booster(model_str=file.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError, LightGBMError) as error:
                raise InvalidArtifact(f"{file.name} cannot be read: {error}") from error
        layout: dict[str, Any] = {
            name: tuple(part) if isinstance(part, list) else part
            for name, part in stored["layout"].items()
        }
        return BoostedForecaster(
            boosters,
            levels,
            Layout(**layout),
            dict(manifest.vocabulary),
            dependence=float(stored["dependence"]),
            spread=_spread(stored["spread"]),
        )


def _spread(stored: dict[str, Any] | None) -> Spread | None:
    if stored is None:
        return None
    return Spread(tuple(stored["edges"]), tuple(tuple(row) for row in stored["factors"]))


BOOSTING: Family = BoostingFamily()
