"""Where a forecast's model and values come from: the registry, kept in memory by digest.

The registry is asked each time who a version is, so that an alias is never stale and a deleted
version is refused. While it is down, a version and a dataset named exactly are served from memory.
"""

import hashlib
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

import structlog

from services.prediction.cache import Cache, Loaded
from services.prediction.engine import Engine
from services.prediction.settings import MB, PredictionSettings
from shared.clients.registry import RegistryClient
from shared.contracts.datasets import Dataset
from shared.contracts.models import ModelVersion
from shared.contracts.tasks import Scope
from shared.kit.errors import Conflict, Invalid, NotFound, Unavailable
from shared.kit.storage import CHUNK

if TYPE_CHECKING:
    from shared.forecasting import FittedModel, Panel

Found = TypeVar("Found")
Files = dict[str, tuple[Path, str]]  # by name: where it lies, and its digest
log = structlog.get_logger()
_REMEMBERED = 1000
_MODEL_OVERHEAD = 256 * 1024  # bytes that a loaded network takes beside its weights


class Remembered(Generic[Found]):
    """The newest answers of the registry about things that never change."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, Found] = OrderedDict()

    async def ask(self, key: Hashable | None, question: Callable[[], Awaitable[Found]]) -> Found:
        """Ask, and fall back on the answer of before where the registry is down.

        Args:
            key: what an answer is remembered by; None where it may change.
            question: asks the registry.
        """
        try:
            answer = await question()
        except NotFound:
            self._answers.pop(key, None)
            raise
        except Unavailable:
            if key in self._answers:
                return self._answers[key]
            raise
        return answer

    def keep(self, key: Hashable, answer: Found) -> None:
        """Remember an answer."""
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)


class Sources:
    """Models and panels, loaded once."""

    def __init__(
        self, registry: RegistryClient, engine: Engine, settings: PredictionSettings
    ) -> None:
        self._registry = registry
        self._engine = engine
        self._models: Cache[FittedModel] = Cache(settings.prediction_model_cache_mb * MB)
        self._panels: Cache[Panel] = Cache(settings.prediction_panel_cache_mb * MB)
        self._versions: Remembered[ModelVersion] = Remembered()
        self._datasets: Remembered[Dataset] = Remembered()

    async def close(self) -> None:
        """Give up loads and drop what is kept."""
        await self._models.close()
        await self._panels.close()

    async def version(self, name: str, version: int | str) -> ModelVersion:
        """Return a version by its number or alias.

        Raises:
            NotFound: the model or the version does not exist.
            Unavailable: the registry is down and the version is not known here.
        """
        key = (name, version) if isinstance(version, int) else None
        try:
            found = await self._versions.ask(key, lambda: self._registry.version(name, version))
        except NotFound as error:
            raise await self._missing(name, version) from error
        self._versions.keep((name, found.version), found)
        return found

    async def dataset(self, dataset_id: UUID | None, version: ModelVersion) -> Dataset:
        """Return the dataset with this id, or the newest version of the model's own.

        Raises:
            NotFound: it does not exist.
            Unavailable: the registry is down and the dataset is not known here.
        """
        name = version.lineage.dataset_name
        try:
            if dataset_id is None:
                found = await self._registry.latest_dataset(name)
            else:
                wanted = dataset_id
                found = await self._datasets.ask(wanted, lambda: self._registry.dataset(wanted))
        except NotFound as error:
            what = f"no dataset {dataset_id}" if dataset_id else f"no dataset {name!r} any more"
            raise NotFound(
                f"There is {what}: choose another one, or upload it again.", field="/dataset_id"
            ) from error
        self._datasets.keep(found.id, found)
        return found

    @asynccontextmanager
    async def model(self, version: ModelVersion) -> AsyncIterator["FittedModel"]:
        """Lend a version's fitted algorithm, rebuilt from its files.

        Raises:
            Unavailable: its files cannot be had whole.
            Conflict: this version of Shelfcast cannot rebuild it.
        """
        key = tuple(sorted((file.name, file.digest) for file in version.files))
        async with self._models.use(key, partial(self._load_model, version)) as fitted:
            yield fitted

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

    async def _missing(self, name: str, version: int | str) -> NotFound:
        try:
            await self._registry.model(name)
        except NotFound:
            return NotFound(
                f"There is no model {name!r}: it may have been deleted.", field="/model"
            )
        what = f"version {version}" if isinstance(version, int) else f"{version!r} version"
        return NotFound(
            f"The model {name!r} has no {what}: it may have been deleted.", field="/version"
        )

    async def _load_model(self, version: ModelVersion) -> "Loaded[FittedModel]":
        files = await self._whole(partial(self._model_files, version))
        fitted = await self._engine.load(partial(_rebuild, files, version))
        log.info("model loaded", model=version.model, version=version.version)
        return Loaded(fitted, sum(file.size_bytes for file in version.files) + _MODEL_OVERHEAD)

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

    with tempfile.TemporaryDirectory(prefix="shelfcast-model-") as folder:
        for name, (path, _) in files.items():
            (Path(folder) / name).symlink_to(path.resolve())
        try:
            return load(Path(folder))
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
