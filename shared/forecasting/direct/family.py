"""The family of direct networks: how they are rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from shared.forecasting.devices import best_device
from shared.forecasting.direct.body import DirectBody
from shared.forecasting.direct.forecaster import DirectForecaster
from shared.forecasting.direct.learner import DirectLearner
from shared.forecasting.errors import InvalidArtifact
from shared.forecasting.hyperparameters import checked
from shared.forecasting.manifest import Manifest
from shared.forecasting.network.encoder import Encoding
from shared.forecasting.register import Algorithm, Family, Problem


class DirectFamily:
    """Networks that answer the whole horizon in one pass."""

    name = "direct"

    def start(self, algorithm: Algorithm, problem: Problem) -> DirectLearner:
        """Prepare to learn."""
        return DirectLearner(algorithm, problem)

    def restore(
        self, algorithm: Algorithm, manifest: Manifest, state: dict[str, Tensor], folder: Path
    ) -> DirectForecaster:
        """Rebuild the network and load its weights.

        Raises:
            InvalidArtifact: the weights do not fit the manifest.
        """
        stored: dict[str, Any] = {
            name: tuple(part) if isinstance(part, list) else part
            for name, part in manifest.settings["encoding"].items()
        }
        body = DirectBody(
            algorithm,
            checked(algorithm.hyperparameters, manifest.hyperparameters),
            Encoding(**stored),
            context=int(manifest.settings["context"]),
            horizon=manifest.horizon,
        )
        try:
            body.load_state_dict(state)
        except RuntimeError as error:
            raise InvalidArtifact(f"The weights do not fit the manifest: {error}") from error
        dependence = float(manifest.settings["dependence"])
        return DirectForecaster(body.to(best_device()), dict(manifest.vocabulary), dependence)


DIRECT: Family = DirectFamily()
