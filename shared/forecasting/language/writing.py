"""Lets a network write after many prompts: how many at once, and by which random numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from shared.forecasting.errors import Invalid
from shared.forecasting.language.base import Base
from shared.forecasting.language.decoder import Writer, bytes_of_series
from shared.forecasting.language.memory import available, gigabytes
from shared.forecasting.language.prompts import padded
from shared.forecasting.panel import Index
from shared.forecasting.randomness import uniforms

BUCKET = 32  # prompts are padded to a multiple, so that only a series' own length decides
TOGETHER = 16  # series of a small network that are written at once
SMALL = 20_000_000  # parameters
SHARE = 0.5  # of the free memory


def written(
    writer: Writer,
    base: Base,
    rows: Sequence[Sequence[int]],
    hashes: Index,
    *,
    digits: int,
    paths: int,
    horizon: int,
    seed: int,
) -> NDArray[np.int64]:
    """Return the codes that each path writes after each prompt (series, paths, horizon).

    Raises:
        Invalid: the base model cannot read so much, or the memory is too small.
    """
    codes = np.empty((len(rows), paths, horizon), np.int64)
    longest = max(map(len, rows), default=0) + horizon * (digits + 1)
    if longest > base.window:
        raise Invalid(
            f"Prompt and horizon have {longest} tokens, but the base model {base.name!r} reads "
            f"{base.window}: choose a shorter horizon.",
            field="/horizon",
        )
    sizes = np.array([-(-len(row) // BUCKET) * BUCKET for row in rows], np.int64)
    for size in np.unique(sizes).tolist():
        places = np.flatnonzero(sizes == size)
        together = _together(writer, base, size, paths, horizon * (digits + 1))
        for at in range(0, len(places), together):
            chosen = places[at : at + together]
            # always as many rows, so that a series does not see how many others there are
            some = np.resize(chosen, together)
            chance = uniforms(
                seed, torch.from_numpy(hashes[some]), paths=paths, horizon=horizon, draws=digits
            )
            tokens, mask = padded([rows[one] for one in some.tolist()], size, 0)
            device = writer.device
            found = writer.write(tokens.to(device), mask.to(device), chance.to(device))
            codes[chosen] = found[: len(chosen)].cpu().numpy()
    return codes


def _together(writer: Writer, base: Base, prompt: int, paths: int, steps: int) -> int:
    """Return how many series are written at once.

    Raises:
        Invalid: the memory is too small for one.
    """
    wanted = TOGETHER if base.parameters < SMALL else 1
    each = bytes_of_series(writer.network, prompt, paths, steps)
    free = available(writer.device)
    if free is None:
        return wanted
    if each > free:
        raise Invalid(
            f"Writing {paths} paths of one series needs {gigabytes(each)} of memory, but "
            f"{gigabytes(free)} are free: ask for fewer paths or a shorter horizon.",
            field="/paths",
        )
    while wanted > 1 and wanted * each > SHARE * free:
        wanted //= 2
    return wanted
