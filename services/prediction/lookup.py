"""Asks the registry which version and which dataset a request means.

It is asked each time, so that an alias is never stale and a deleted version is refused. While it
is down, a version and a dataset that are named exactly are answered from memory.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar
from uuid import UUID

from shared.clients.registry import RegistryClient
from shared.contracts.datasets import Dataset
from shared.contracts.forecasts import ForecastRequest
from shared.contracts.models import ModelVersion
from shared.kit.errors import NotFound, Unavailable

Answer = TypeVar("Answer")
Found = tuple[ModelVersion, Dataset]
_REMEMBERED = 1000


class Remembered(Generic[Answer]):
    """The newest answers about things that never change."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()

    def get(self, key: Hashable) -> Answer | None:
        """Return an answer of before."""
        return self._answers.get(key)

    def keep(self, key: Hashable, answer: Answer) -> None:
        """Remember an answer; the oldest ones are forgotten."""
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)

    async def ask(self, key: Hashable, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask, and fall back on the answer of before while nobody answers."""
        try:
            return await question()
        except NotFound:
            self._answers.pop(key, None)
            raise
        except Unavailable:
            if key not in self._answers:
                raise
            return self._answers[key]


class Lookup:
    """Versions by number or alias, datasets by id or by the name that a model learned from."""

    def __init__(self, registry: RegistryClient) -> None:
        self._registry = registry
        self._versions: Remembered[ModelVersion] = Remembered()
        self._datasets: Remembered[Dataset] = Remembered()
        self._found: Remembered[Found] = Remembered()

    def before(self, request: ForecastRequest) -> Found | None:
        """Return what such a request meant the last time."""
        return self._found.get(_question(request))

    async def find(self, request: ForecastRequest) -> Found:
        """Return the version and the dataset that a request means.

        Both are asked for at the same time where the dataset's name is known from before.

        Raises:
            NotFound: one of them does not exist.
            Unavailable: the registry is down and they are not named exactly, or not known here.
        """
        before = self.before(request)
        guess = request.dataset_id or (before[1].name if before else None)
        asking = asyncio.ensure_future(self._dataset(guess)) if guess is not None else None
        try:
            version = await self._version(request.model, request.version)
            wanted = request.dataset_id or version.lineage.dataset_name
            if asking is None or guess != wanted:
                found = version, await self._dataset(wanted)
            else:
                found = version, await asking
            self._found.keep(_question(request), found)
            return found
        finally:
            if asking is not None:
                asking.add_done_callback(_seen)
                asking.cancel()

    async def _version(self, name: str, version: int | str) -> ModelVersion:
        try:
            found = await self._versions.ask(
                (name, version), lambda: self._registry.version(name, version)
            )
        except NotFound as error:
            raise await self._missing(name, version) from error
        self._versions.keep((name, found.version), found)
        return found

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

    async def _dataset(self, wanted: UUID | str) -> Dataset:
        try:
            if isinstance(wanted, UUID):
                found = await self._datasets.ask(wanted, lambda: self._registry.dataset(wanted))
            else:
                found = await self._registry.latest_dataset(wanted)
        except NotFound as error:
            what = str(wanted) if isinstance(wanted, UUID) else f"{wanted!r} any more"
            raise NotFound(
                f"There is no dataset {what}: choose another one, or upload it again.",
                field="/dataset_id",
            ) from error
        self._datasets.keep(found.id, found)
        return found


def _question(request: ForecastRequest) -> Hashable:
    return request.model, request.version, request.dataset_id


def _seen(task: asyncio.Future[Dataset]) -> None:
    if not task.cancelled():
        task.exception()
