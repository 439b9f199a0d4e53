"""Stores a fitted model as safetensors and JSON, and rebuilds it exactly; no pickle, no data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from shared.forecasting import evaluation
from shared.forecasting.errors import Invalid, InvalidArtifact, Unavailable
from shared.forecasting.manifest import FORMAT, Manifest
from shared.forecasting.register import ALGORITHMS

if TYPE_CHECKING:
    from shared.forecasting.fitted import FittedModel

WEIGHTS = "model.safetensors"
MANIFEST = "manifest.json"


def save(fitted: FittedModel, folder: Path, extra: dict[str, Any]) -> list[Path]:
    """Write the files of a model and return them.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    save_file(fitted.forecaster.state(), weights)
    more = fitted.forecaster.write(folder)
    if fitted.evaluation is not None:
        more = [*more, *evaluation.write(folder, *fitted.evaluation)]
    manifest = fitted.manifest.model_copy(
        update={
            "files": (WEIGHTS, *(path.name for path in more)),
            "lineage": {**fitted.manifest.lineage, **extra},
        }
    )
    path = folder / MANIFEST
    path.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    return [weights, path, *more]


def load(folder: Path) -> FittedModel:
    """Rebuild the model stored in a folder; the files of its evaluation may be left out.

    Raises:
        InvalidArtifact: a file is missing or damaged, the weights do not fit the manifest, or a
            newer version of the program wrote it.
        Unavailable: what it was made from cannot be fetched now.
    """
    from shared.forecasting.fitted import FittedModel

    manifest = _manifest(folder / MANIFEST)
    needed = [name for name in manifest.files if name not in evaluation.FILES]
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise InvalidArtifact(f"The stored model lacks {', '.join(missing)}.")
    algorithm = ALGORITHMS.get(manifest.algorithm)
    if algorithm is None:
        raise InvalidArtifact(
            f"The stored model needs the algorithm {manifest.algorithm!r}, which is not here."
        )
    try:
        state = load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise InvalidArtifact(f"{WEIGHTS} cannot be read: {error}") from error
    try:
        forecaster = algorithm.kind.restore(algorithm, manifest, state, folder)
    except Unavailable:
        raise
    except (Invalid, KeyError, TypeError, ValueError) as error:
        raise InvalidArtifact(f"{MANIFEST} does not describe this model: {error}") from error
    return FittedModel(manifest, forecaster)


def _manifest(path: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidArtifact(f"The stored model lacks {MANIFEST}.") from error
    except ValidationError as error:
        raise InvalidArtifact(f"{MANIFEST} cannot be read: {error.errors()[0]['msg']}") from error
    if manifest.format > FORMAT:
        raise InvalidArtifact(
            f"The model was stored in format {manifest.format} by a newer version "
            f"({manifest.code_version}); this one reads up to {FORMAT}. Update the program."
        )
    return manifest
