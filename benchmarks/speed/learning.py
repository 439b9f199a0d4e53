"""Learning beside neuralforecast: values learned from per second, and seconds to its accuracy."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa
import torch

from benchmarks.figures import Figure
from benchmarks.speed import panels, peers
from benchmarks.speed.clock import times
from benchmarks.speed.training import BATCH, optimizer_of, training_of
from shared.forecasting import Fitting, Panel, Recipe
from shared.forecasting.calibration import quantiles_of
from shared.forecasting.metrics import DECILES, wql
from shared.forecasting.network.family import NetworkForecaster

PEERS = {"lstm": "LSTM", "transformer": "VanillaTransformer", "kan": "KAN"}
FACTOR = {"lstm": 5.0, "transformer": 5.0, "kan": 1.0}
CONTEXT = 3 * panels.HORIZON  # what neuralforecast reads by default
SHORT = 2 * panels.HORIZON
STEPS = 100  # that neuralforecast takes
REPEATS = 6


def short() -> list[Figure]:
    """Compare networks that see less: more of what a window holds is its horizon."""
    figures = [figure for name in ("lstm", "kan") for figure in beside(name, SHORT)]
    return [replace(figure, name=f"{figure.name}, {SHORT} days", target=None) for figure in figures]


def beside(name: str, context: int = CONTEXT) -> list[Figure]:
    """Let both learn from the same days and foretell the same last days."""
    found = panels.table()
    frame = panels.long_frame(found)
    cut = frame["ds"].max() - pd.Timedelta(days=panels.HORIZON)
    positions, step = _stepping(panels.panel(found), name, context)
    taken = times(step, REPEATS)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sales.parquet"
        frame.to_parquet(file, index=False)
        peer = peers.neuralforecast(
            PEERS[name], file=str(file), cut=str(cut), horizon=panels.HORIZON,
            context=context, batch=BATCH, steps=STEPS, known=list(panels.KNOWN),
        )  # fmt: skip
    actual = frame.loc[frame["ds"] > cut, "y"].to_numpy(float).reshape(-1, panels.HORIZON)
    theirs = wql(actual, np.asarray(peer["deciles"]))
    taken += times(step, REPEATS)  # on both sides of the peer, as the machine is never quite quiet
    learned = positions * BATCH / median(taken)
    blind = panels.panel(_without_end(found))
    seconds, reached, epochs = _seconds_to(blind, name, context, actual, theirs or 0.0)
    return [
        Figure(
            f"{name}: values learned from per second, over neuralforecast's",
            learned / peer["values_per_second"],
            "x",
            FACTOR[name],
            "more",
            f"{learned:,.0f} beside {peer['values_per_second']:,.0f}; batch {BATCH:,}, "
            f"{context} + {panels.HORIZON} days",
        ),
        Figure(
            f"{name}: seconds to neuralforecast's loss",
            seconds,
            "s",
            peer["seconds"] / 3,
            "less",
            f"{reached:.4f} after {epochs} epochs; its {theirs:.4f} took {peer['seconds']:.0f} s, "
            f"{STEPS} steps of {BATCH:,} windows",
        ),
    ]


def _without_end(found: pa.Table) -> pa.Table:
    """Return the table whose last days have covariates but no sales."""
    days = found["date"].to_numpy()
    sales = found["sales"].to_numpy().copy()
    sales[days > days.max() - np.timedelta64(panels.HORIZON, "D")] = np.nan
    return found.set_column(2, "sales", pa.array(sales, from_pandas=True))


def _stepping(panel: Panel, name: str, context: int) -> tuple[int, Callable[[], object]]:
    """Return how many positions of a window teach, and a step on a batch."""
    training = training_of(panel, name, context=context)
    body = training.body
    with torch.no_grad():
        some = training.drawn(8)
        positions = body(some, body.encoder(some))[1].shape[1]
    return positions, partial(training.step, optimizer_of(training))


def _seconds_to(
    panel: Panel,
    name: str,
    context: int,
    actual: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    wanted: float,
) -> tuple[float, float, int]:
    """Return the seconds of learning until the loss is reached, the best loss, and the epochs."""
    fitting = Fitting(panel, Recipe(name, panels.HORIZON, context, {"max_epochs": 20}))
    learner = fitting.learner
    starts = panel.first + panel.stops - panel.offsets[:-1]
    spent, best, number = 0.0, np.inf, 0
    for epoch in fitting.epochs():
        spent, number = spent + epoch.seconds, epoch.number
        body = learner.training.body  # type: ignore[attr-defined]
        forecaster = NetworkForecaster(body, learner.vocabulary)  # type: ignore[attr-defined]
        paths = forecaster.draw(
            panel, np.arange(len(panel)), starts, panels.HORIZON, 100, 0
        ).astype(np.float64)
        deciles = quantiles_of(np.sort(np.maximum(paths, 0.0), axis=1), DECILES)
        best = min(best, wql(actual, deciles) or np.inf)
        if best <= wanted:
            return spent, best, number
    return np.inf, best, number
