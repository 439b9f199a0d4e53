"""Fits one model in this process: from a Parquet file to files of an artifact. Imports torch."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from shared.contracts.datasets import Dataset
from shared.contracts.tasks import EpochEvent, Event, LogEvent, MetricEvent, TrainingRequest
from shared.forecasting import (
    Backtest,
    Epoch,
    Fitting,
    ForecastingError,
    Manifest,
    NotEnoughMemory,
    Pace,
    Panel,
    Recipe,
    Scope,
    best_device,
    surroundings,
)
from shared.kit.errors import Invalid

Tell = Callable[[Event], None]


@dataclass(frozen=True)
class Learned:
    """A fitted model on disk."""

    manifest: Manifest
    files: list[Path]


def fit(
    file: Path,
    dataset: Dataset,
    request: TrainingRequest,
    folder: Path,
    lineage: dict[str, Any],
    tell: Tell,
    stopped: threading.Event,
    model_before: Path | None = None,
) -> Learned | None:
    """Train as requested and write the artifact's files into `folder`; None if it was stopped.

    `model_before` is the manifest of a model that shall be made again: its times are gone by.

    Raises:
        Invalid: the data or the request does not allow it.
        MemoryError: the machine's or the accelerator's memory is too small.
    """
    try:
        pace = _pace(model_before, tell)
        fitting = Fitting(_panel(file, dataset), _recipe(request), _scope(request), pace=pace)
        told = _tell_notes(fitting.notes, 0, tell)
        tell(LogEvent(message=_beginning(fitting)))
        for epoch in fitting.epochs():
            tell(_event(epoch))
            if stopped.is_set():
                return None
        fitted = fitting.finish()
    except NotEnoughMemory as error:
        raise MemoryError(error.message) from error
    except ForecastingError as error:
        raise Invalid(error.message, field=error.field) from error
    except torch.OutOfMemoryError as error:
        raise MemoryError(str(error)) from error
    _tell_notes(fitting.notes, told, tell)
    tell(MetricEvent(metrics={name: _finite(value) for name, value in fitted.metrics.items()}))
    return Learned(fitted.manifest, list(fitted.save(folder, lineage)))


def _pace(manifest: Path | None, tell: Tell) -> Pace:
    """Return the clock, or the times of a model of before; tell what will make it another one."""
    made = None if manifest is None else Manifest.model_validate_json(manifest.read_bytes()).made
    if made is None:
        return Pace()
    here, there = surroundings(), made.surroundings()
    others = [
        f"{name} {here.get(name, 'is missing')}, was {there.get(name, 'missing')}"
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]
    if others:
        message = f"Not as it was: {'; '.join(others)}. The model may come out a little different."
        tell(LogEvent(level="warning", message=message))
    return Pace(made.pace)


def _panel(file: Path, dataset: Dataset) -> Panel:
    return Panel.from_parquet(
        file,
        ids=dataset.ids,
        date=dataset.date,
        target=dataset.target,
        frequency=dataset.frequency,
        known=dataset.known,
        past=dataset.past,
        static=dataset.static,
    )


def _recipe(request: TrainingRequest) -> Recipe:
    return Recipe(
        algorithm=request.algorithm,
        horizon=request.horizon,
        context_length=request.context_length,
        hyperparameters=request.hyperparameters,
        seed=request.seed,
        validation=request.validation_steps,
        test=request.test_steps,
        backtest=Backtest(request.backtest_windows, request.refit_every)
        if request.backtest_windows
        else None,
        holidays=request.holidays or "",
    )


def _scope(request: TrainingRequest) -> Scope:
    return Scope(request.scope.level, request.scope.keys, request.scope.total)


def _tell_notes(notes: list[str], told: int, tell: Tell) -> int:
    for note in notes[told:]:
        tell(LogEvent(message=note))
    return len(notes)


def _beginning(fitting: Fitting) -> str:
    count, rows = len(fitting.panel), len(fitting.panel.target)
    series = "1 series" if count == 1 else f"{count} series"
    return (
        f"Learning from {series} with {rows} values in all, context {fitting.context_length}, "
        f"horizon {fitting.recipe.horizon}, on {best_device()}."
    )


def _event(epoch: Epoch) -> EpochEvent:
    return EpochEvent(
        number=epoch.number,
        total=epoch.total,
        train_loss=_finite(epoch.train_loss),
        validation_loss=_finite(epoch.validation_loss),
        best=epoch.best,
        progress=min(1.0, epoch.number / max(1, epoch.total)),
        seconds=epoch.seconds,
        eta_seconds=_finite(epoch.eta_seconds),
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
