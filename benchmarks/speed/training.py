"""Training throughput beside a bare PyTorch loop, and how quickly windows are drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from benchmarks.figures import Figure
from benchmarks.speed import panels
from benchmarks.speed.clock import in_turns, times
from shared.forecasting import Fitting, Panel, Recipe
from shared.forecasting.network.learner import Training
from shared.forecasting.network.windows import WindowShape

BATCH = 1024
REPEATS = 10
NETWORKS = ("lstm", "transformer", "kan")


def training_of(
    panel: Panel, name: str, batch: int = BATCH, context: int = panels.CONTEXT
) -> Training:
    """Return an algorithm of the network family, ready to learn."""
    recipe = Recipe(name, panels.HORIZON, context, {"batch_size": batch})
    learner = Fitting(panel, recipe).learner
    found: Training = learner.training  # type: ignore[attr-defined]
    return found


def optimizer_of(training: Training) -> torch.optim.Optimizer:
    """Return an optimizer as a fitting takes it, at a rate that does no harm."""
    return torch.optim.AdamW(training.body.parameters(), lr=1e-4, fused=True)


def throughput() -> list[Figure]:
    """Measure one step of each network beside the same step over tensors that lie ready."""
    panel = panels.panel(panels.table())
    figures = []
    for name in NETWORKS:
        training = training_of(panel, name)
        optimizer = optimizer_of(training)
        bare = _bare(training, optimizer)
        ours = partial(training.step, optimizer)
        with_ours, alone = in_turns(ours, bare, repeats=REPEATS)
        figures.append(
            Figure(
                f"{name}: training throughput over a bare loop's",
                alone / with_ours,
                "x",
                0.9,
                "more",
                f"{BATCH / with_ours:,.0f} beside {BATCH / alone:,.0f} windows/s",
            )
        )
    return figures


def _bare(training: Training, optimizer: torch.optim.Optimizer) -> Callable[[], object]:
    """Return what one would write by hand: one batch, already encoded, as one tensor."""
    body = training.body
    windows = training.drawn(BATCH)
    with torch.no_grad():
        scaled = body.encoder(windows)
    value, loc, scale = windows.target, scaled.loc[:, None], scaled.scale[:, None]

    def step() -> Tensor:
        hidden = body.network(scaled.inputs, scaled.mask)
        ahead = value[:, -hidden.shape[1] :]
        counts = ~torch.isnan(ahead)
        losses = body.head.loss(body.parameters_of(hidden), torch.nan_to_num(ahead), loc, scale)
        loss = torch.where(counts, losses, 0.0).sum() / counts.sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        found: Tensor = loss.detach()
        return found

    return step


def windows() -> list[Figure]:
    """Measure how many windows are drawn and read by a single layer per second."""
    panel = panels.panel(panels.table(), known=())
    training = training_of(panel, "lstm")
    shape = WindowShape(panels.CONTEXT, panels.HORIZON, 1, ())
    layer = nn.Linear(panels.CONTEXT, panels.HORIZON)

    def draw() -> Tensor:
        drawn = training.drawn(BATCH, shape)
        drawn.calendar_rows(0, shape.length)
        level = drawn.target[:, : panels.CONTEXT].nan_to_num(nan=0.0)
        scale = level.abs().mean(1, keepdim=True).clamp(min=1e-3)
        read: Tensor = layer(level / scale)
        return read * scale

    with torch.no_grad():
        best = min(times(draw, 300))
    note = f"batches of {BATCH:,}; {panels.CONTEXT} + {panels.HORIZON} days, calendar, one layer"
    return [Figure("windows drawn per second", BATCH / best, "", 1e6, "more", note)]
