"""The register of algorithms: what one is, and how a file in `algorithms/` enters it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting.errors import Unavailable, UnknownAlgorithm
from shared.forecasting.hyperparameters import Hyperparameters
from shared.forecasting.manifest import Manifest
from shared.forecasting.pace import Pace
from shared.forecasting.panel import Index, Panel
from shared.forecasting.recipe import Epoch, Recipe, Written

B = TypeVar("B", bound=type)
Notes = list[str]


@dataclass(frozen=True)
class Problem:
    """What a learner gets: checked data, and where the validation part begins."""

    panel: Panel
    recipe: Recipe
    hyperparameters: Hyperparameters
    context_length: int
    train_stops: Index  # (series,) flat row before which a series may be learned from
    origins: list[tuple[int, int]]  # validation windows: series, flat row of the first step
    notes: Notes
    pace: Pace = field(default_factory=Pace)  # what decides by time asks it, and nothing else


class Forecaster(Protocol):
    """A fitted algorithm: draws sample paths, and can be stored."""

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon), each series by itself."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Return the tensors to store."""
        ...

    def settings(self) -> dict[str, Any]:
        """Return what the manifest must say so that `restore` can rebuild this, as JSON."""
        ...

    def write(self, folder: Path) -> list[Path]:
        """Write the files that are neither tensors nor JSON, and name them."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A forecaster that can show its text."""

    def tell(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> tuple[NDArray[np.float32], list[Written]]:
        """Return what `draw` does, and the text of each series that it was read from."""
        ...


@runtime_checkable
class Correcting(Protocol):
    """A forecaster that changes what another one says, which is measured beside it."""

    @property
    def numeric(self) -> Forecaster:
        """Return the other one."""
        ...


@runtime_checkable
class Holding(Protocol):
    """A forecaster that holds much more in memory than what it stores."""

    def held(self) -> int:
        """Return the bytes of it."""
        ...


class Learner(Protocol):
    """An algorithm at work on one problem."""

    def epochs(self) -> Iterator[Epoch]:
        """Learn, yielding after each epoch; the caller stops by leaving the loop."""
        ...

    def finish(self) -> Forecaster:
        """Return the best that was learned.

        Raises:
            ForecastingError: nothing was.
        """
        ...


@runtime_checkable
class Completing(Protocol):
    """A learner that can learn once more, with the validation windows, after they were used.

    Attributes:
        completing_share: how long that takes, as a share of the learning before.
    """

    completing_share: float

    def complete(self) -> Forecaster:
        """Return what is stored: learned from all of the data."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A learner that counts what it did.

    Attributes:
        taken: steps of an optimizer, or trees, that its best took.
    """

    @property
    def taken(self) -> int: ...


class Family(Protocol):
    """What algorithms of one kind share: how they learn and how they are rebuilt."""

    name: str

    def start(self, algorithm: Algorithm, problem: Problem) -> Learner:
        """Prepare to learn.

        Raises:
            Invalid: the hyper-parameters do not suit the data.
        """
        ...

    def restore(
        self, algorithm: Algorithm, manifest: Manifest, state: dict[str, Tensor], folder: Path
    ) -> Forecaster:
        """Rebuild what was stored.

        Raises:
            InvalidArtifact: the tensors or files do not fit the manifest.
        """
        ...


@dataclass(frozen=True)
class Algorithm:
    """A named recipe: its words, its form and how to fit it."""

    name: str
    title: str
    title_zh: str
    summary: str
    summary_zh: str
    kind: Family
    hyperparameters: type[Hyperparameters]
    build: type
    missing: Callable[[], str | None]

    @property
    def family(self) -> str:
        """Return the name of its family."""
        return self.kind.name

    def unavailable(self) -> str | None:
        """Return why it cannot be used on this machine, None if it can."""
        return self.missing()


ALGORITHMS: dict[str, Algorithm] = {}


def register(
    *,
    title: str,
    title_zh: str,
    summary_zh: str,
    family: Family,
    hyperparameters: type[Hyperparameters],
    missing: Callable[[], str | None] = lambda: None,
) -> Callable[[B], B]:
    """Enter a class in the register under the name of its file; its docstring is the summary."""

    def enter(build: B) -> B:
        name = build.__module__.rpartition(".")[2]
        if name in ALGORITHMS:
            raise ValueError(f"{name!r} registers two algorithms: keep one per file")
        summary = (build.__doc__ or "").strip().partition("\n")[0]
        ALGORITHMS[name] = Algorithm(
            name, title, title_zh, summary, summary_zh, family, hyperparameters, build, missing
        )
        return build

    return enter


def known_algorithm(name: str) -> Algorithm:
    """Return the algorithm of this name, if it can be used here.

    Raises:
        UnknownAlgorithm: there is none.
        Unavailable: this machine lacks something it needs.
    """
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        known = ", ".join(sorted(ALGORITHMS))
        raise UnknownAlgorithm(f"There is no algorithm {name!r}, only {known}.", field="/algorithm")
    reason = algorithm.unavailable()
    if reason:
        raise Unavailable(f"{algorithm.title} is not available here: {reason}", field="/algorithm")
    return algorithm
