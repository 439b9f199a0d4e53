"""What a window costs in training, and what a panel takes in memory, from 50 to 30,490 series."""

from __future__ import annotations

import resource
from functools import partial

from benchmarks.figures import Figure
from benchmarks.speed import panels
from benchmarks.speed.clock import in_turns
from benchmarks.speed.training import optimizer_of, training_of

COUNTS = (50, 500, 30_490)
DAYS = 400
BATCH = 256
STEPS = 20
FLAT = 1.15  # a window of the largest panel may cost so much more than one of the smallest


def costs() -> list[Figure]:
    """Measure the panels' steps in turns; the memory is the process's highest so far."""
    steps, memory = [], []
    for count in COUNTS:
        panel = panels.panel(panels.table(count, DAYS))
        training = training_of(panel, "lstm", BATCH)
        steps.append(partial(training.step, optimizer_of(training)))
        steps[-1]()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows = int(panel.offsets[-1]) * 4 * (1 + len(panel.known)) / 2**20
        note = f"{rows:,.0f} MB of it are the panel's values and covariates, once"
        memory.append(Figure(f"{count:,} series: highest memory", peak, "MB", note=note))
    micro = [seconds / BATCH * 1e6 for seconds in in_turns(*steps, repeats=STEPS)]
    most = micro[0] * FLAT
    cost = [
        Figure(f"{count:,} series: training per window", found, "µs", most)
        for count, found in zip(COUNTS, micro, strict=True)
    ]
    return [*memory, *cost]
