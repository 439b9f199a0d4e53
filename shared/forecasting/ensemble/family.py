"""The family of ensembles: how they are stored and rebuilt, member by member."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from shared.forecasting.ensemble.forecaster import EnsembleForecaster, Member
from shared.forecasting.ensemble.learner import EnsembleLearner
from shared.forecasting.errors import InvalidArtifact
from shared.forecasting.manifest import Manifest
from shared.forecasting.register import ALGORITHMS, Algorithm, Family, Problem


class EnsembleFamily:
    """Algorithms that fit others and weigh them."""

    name = "ensemble"

    def start(self, algorithm: Algorithm, problem: Problem) -> EnsembleLearner:
        """Prepare the backtest."""
        return EnsembleLearner(algorithm, problem)

    def restore(
        self, algorithm: Algorithm, manifest: Manifest, state: dict[str, Tensor], folder: Path
    ) -> EnsembleForecaster:
        """Rebuild every member from its part of the manifest, of the tensors and of the files.

        Raises:
            InvalidArtifact: a member cannot be rebuilt, or is not available on this machine.
        """
        stored = manifest.settings
        weights = np.asarray(stored["weights"], float)
        members = [_member(one, manifest, state, folder) for one in stored["members"]]
        if weights.ndim != 2 or weights.shape[1] != len(members):
            raise InvalidArtifact("The weights of the ensemble do not fit its members.")
        return EnsembleForecaster(
            members,
            weights,
            nonnegative=bool(stored["nonnegative"]),
            dependence=float(stored["dependence"]),
        )


def _member(
    stored: dict[str, Any], manifest: Manifest, state: dict[str, Tensor], folder: Path
) -> Member:
    name = stored["name"]
    algorithm = ALGORITHMS.get(name)
    reason = "it is not known here." if algorithm is None else algorithm.unavailable()
    if algorithm is None or reason:
        raise InvalidArtifact(f"The stored model needs the algorithm {name!r}: {reason}")
    prefix, own = f"{name}.", f"{name}-"
    part = manifest.model_copy(
        update={
            "algorithm": name,
            "family": algorithm.family,
            "hyperparameters": stored["hyperparameters"],
            "settings": stored["settings"],
        }
    )
    tensors = {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }
    with tempfile.TemporaryDirectory() as scratch:
        for file in manifest.files:
            if file.startswith(own):
                shutil.copyfile(folder / file, Path(scratch) / file.removeprefix(own))
        forecaster = algorithm.kind.restore(algorithm, part, tensors, Path(scratch))
    return Member(name, dict(stored["hyperparameters"]), forecaster)


ENSEMBLE: Family = EnsembleFamily()
