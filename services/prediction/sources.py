"""Models and values in memory: loaded once from the registry's files, kept by their digests.

A file whose content is not what its digest says is refused, and fetched once more.
"""

import hashlib
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from services.prediction.cache import Cache, Loaded
from services.prediction.engine import Engine
from services.prediction.settings import MB, PredictionSettings
from shared.clients.registry import RegistryClient
from shared.contracts.datasets import Dataset
from shared.contracts.models import ModelVersion
from shared.contracts.tasks import Scope
from shared.kit.errors import Conflict, Invalid, Unavailable
from shared.kit.storage import CHUNK

if TYPE_CHECKING:
    from shared.forecasting import FittedModel, Panel

Files = dict[str, tuple[Path, str]]  # by name: where it lies, and its digest
log = structlog.get_logger()
_FOR_ANALYSIS = {"evaluation.json", "residuals.safetensors"}  # no forecast needs them
_MODEL_OVERHEAD = 256 * 1024  # bytes that a loaded network takes beside its weights


@dataclass(frozen=True)
class Model:
    """A fitted algorithm; it remembers the panel it saw last, so one thread at a time uses it."""

    fitted: "FittedModel"
    turn: threading.Lock = field(default_factory=threading.Lock)


class Sources:
    """Models and panels, loaded once."""

    def __init__(
        self, registry: RegistryClient, engine: Engine, settings: PredictionSettings
    ) -> None:
        self._registry = registry
        self._engine = engine
        self._model_limit = settings.prediction_model_cache_mb * MB
        self._models: Cache[Model] = Cache(self._model_limit)
        self._panels: Cache[Panel] = Cache(settings.prediction_panel_cache_mb * MB)

    async def close(self) -> None:
        """Give up loads and drop what is kept."""
        await self._models.close()
        await self._panels.close()

    @asynccontextmanager
    async def model(self, version: ModelVersion) -> AsyncIterator[Model]:
        """Lend a version's fitted algorithm, rebuilt from its files.

        Raises:
            Unavailable: its files cannot be had whole.
            Conflict: this version of Shelfcast cannot rebuild it.
        """
        version = _for_forecasts(version)
        key = tuple(sorted((file.name, file.digest) for file in version.files))
        async with self._models.use(key, partial(self._load_model, version)) as model:
            yield model

    @asynccontextmanager
    async def panel(self, dataset: Dataset, scope: Scope) -> AsyncIterator["Panel"]:
        """Lend the series of a scope.

        Raises:
            Unavailable: the dataset's file cannot be had whole.
            Invalid: the dataset has no series of this scope.
        """
        roles = (dataset.known, dataset.past, dataset.static, dataset.ids)
        key = (dataset.digest, dataset.frequency, dataset.target, *map(tuple, roles))
        if scope.keys or scope.total:
            part = (*key, scope.level, scope.total, *sorted(scope.keys.items()))
            load = partial(self._select, dataset, key, scope)
            async with self._panels.use(part, load) as panel:
                yield panel
        else:
            async with self._panels.use(key, partial(self._load_panel, dataset)) as panel:
                yield panel

    async def _load_model(self, version: ModelVersion) -> Loaded[Model]:
        files = await self._whole(partial(self._model_files, version))
        fitted = await self._engine.load(partial(_rebuild, files, version))
        log.info("model loaded", model=version.model, version=version.version)
        size = sum(file.size_bytes for file in version.files) + fitted.held + _MODEL_OVERHEAD
        # one that is larger than the cache drives out the others, but need not be loaded each time
        return Loaded(Model(fitted), min(size, self._model_limit))

    async def _load_panel(self, dataset: Dataset) -> "Loaded[Panel]":
        files = await self._whole(partial(self._dataset_files, dataset))
        panel = await self._engine.load(partial(_read_panel, files["dataset"][0], dataset))
        log.info("dataset loaded", dataset=dataset.name, version=dataset.version)
        return Loaded(panel, _size(panel))

    async def _select(self, dataset: Dataset, key: Hashable, scope: Scope) -> "Loaded[Panel]":
        async with self._panels.use(key, partial(self._load_panel, dataset)) as whole:
            part = await self._engine.load(partial(_part, whole, scope, dataset))
        return Loaded(part, 0 if part is whole else _size(part))

    async def _model_files(self, version: ModelVersion) -> Files:
        paths = await self._registry.artifact(version)
        return {file.name: (paths[file.name], file.digest) for file in version.files}

    async def _dataset_files(self, dataset: Dataset) -> Files:
        return {"dataset": (await self._registry.dataset_file(dataset), dataset.digest)}

    async def _whole(self, fetch: Callable[[], Awaitable[Files]]) -> Files:
        """Return files whose content is what their digests say; a damaged one is fetched again."""
        for _ in range(2):
            try:
                files = await fetch()
            except Invalid as error:  # what came has another digest, and was not kept
                log.warning("damaged file from the registry", detail=str(error))
                continue
            if not await self._engine.load(partial(_remove_damaged, files)):
                return files
        raise Unavailable("The registry sent damaged files twice. Its log may say why.")


def _for_forecasts(version: ModelVersion) -> ModelVersion:
    needed = [file for file in version.files if file.name not in _FOR_ANALYSIS]
    return version.model_copy(update={"files": needed})


def _remove_damaged(files: Files) -> int:
    damaged = [path for path, digest in files.values() if _digest(path) != digest]
    for path in damaged:
        log.warning("damaged file removed", file=path.name)
        path.unlink(missing_ok=True)
    return len(damaged)


def _digest(path: Path) -> str:
    hasher = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def _rebuild(files: Files, version: ModelVersion) -> "FittedModel":
    from shared.forecasting import ForecastingError, load
    from shared.forecasting import Unavailable as Missing

    with tempfile.TemporaryDirectory(prefix="shelfcast-model-") as folder:
        for name, (path, _) in files.items():
            (Path(folder) / name).symlink_to(path.resolve())
        try:
            return load(Path(folder))
        except Missing as error:
            raise Unavailable(
                f"Version {version.version} of {version.model} cannot be loaded now: {error}"
            ) from error
        except ForecastingError as error:
            raise Conflict(
                f"Version {version.version} of {version.model} cannot be loaded here: {error} "
                "Choose another version, or train it again.",
                field="/version",
            ) from error


def _read_panel(path: Path, dataset: Dataset) -> "Panel":
    import pyarrow.parquet as pq

    from shared.forecasting import Panel

    columns = [
        *dataset.ids,
        dataset.date,
        dataset.target,
        *dataset.known,
        *dataset.past,
        *dataset.static,
    ]
    return Panel.from_arrow(
        pq.read_table(path, columns=columns),
        ids=dataset.ids,
        date=dataset.date,
        target=dataset.target,
        frequency=dataset.frequency,
        known=dataset.known,
        past=dataset.past,
        static=dataset.static,
    )


def _part(whole: "Panel", scope: Scope, dataset: Dataset) -> "Panel":
    from shared.forecasting import ForecastingError
    from shared.forecasting import Scope as CoreScope

    try:
        return whole.select(CoreScope(scope.level, scope.keys, scope.total))
    except ForecastingError as error:
        raise Invalid(
            f"The dataset {dataset.name!r} does not hold what the model forecasts: {error} "
            "Choose another dataset.",
            field="/dataset_id",
        ) from error


def _size(panel: "Panel") -> int:
    arrays = (panel.target, panel.known_values, panel.past_values, panel.static_values)
    return sum(int(array.nbytes) for array in arrays) + 512 * len(panel)
