"""What a window costs in training, and what a panel takes in memory, from 50 to 30,490 series."""

from __future__ import annotations

import resource
import time

import torch

from benchmarks.figures import Figure
from benchmarks.speed import panels
from benchmarks.speed.training import training_of

COUNTS = (50, 500, 30_490)
DAYS = 400
BATCH = 256
STEPS = 12
FLAT = 1.15  # a window of the largest panel may cost so much more than one of the smallest


def costs() -> list[Figure]:
    """Measure each panel in turn; the memory is the process's highest so far."""
    seconds, figures = {}, []
    for count in COUNTS:
        panel = panels.panel(panels.table(count, DAYS))
        training = training_of(panel, "lstm", BATCH)
        optimizer = torch.optim.AdamW(training.body.parameters(), lr=1e-4)
        training.step(optimizer)
        taken = []
        for _ in range(STEPS):
            began = time.perf_counter()
            training.step(optimizer)
            taken.append(time.perf_counter() - began)
        seconds[count] = min(taken) / BATCH
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows = int(panel.offsets[-1]) * 4 * (1 + len(panel.known)) / 2**20
        note = f"{rows:,.0f} MB of it are the panel's values and covariates, once"
        figures.append(Figure(f"{count:,} series: highest memory", peak, "MB", note=note))
        name, micro = f"{count:,} series: training per window", seconds[count] * 1e6
        figures.append(Figure(name, micro, "µs", seconds[COUNTS[0]] * 1e6 * FLAT))
    return figures
