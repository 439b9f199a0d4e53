"""Lets a network write after many prompts: how many at once, and by which random numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting import memory
from shared.forecasting.alike import filled
from shared.forecasting.errors import Invalid
from shared.forecasting.language.base import Base
from shared.forecasting.language.decoder import Writer
from shared.forecasting.language.prompts import padded
from shared.forecasting.language.sizes import bytes_of_series
from shared.forecasting.panel import Index
from shared.forecasting.randomness import uniforms

BUCKET = 32  # prompts are padded to a multiple, so that only a series' own length decides
SMALL = 20_000_000  # parameters
TILE = {"cuda": 16, "cpu": 4}  # series that are written at once, where each costs little
TILE_BYTES = {"cuda": 4 * 2**30, "cpu": 2**30}  # that they may take


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

    Args:
        writer: the network.
        base: which it is.
        rows: the prompts' tokens.
        hashes: one stable number per series.
        digits: per value.
        paths: of a forecast.
        horizon: steps.
        seed: of the random numbers.

    Raises:
        Invalid: the base model cannot read so much.
        NotEnoughMemory: what is written at once does not fit.
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
        together = tile(writer, base, size, paths, horizon * (digits + 1))
        for at in range(0, len(places), together):
            chosen = places[at : at + together]
            some = np.resize(chosen, repeated(len(chosen), together, paths, writer.device))
            chance = evenly(
                uniforms(
                    seed, torch.from_numpy(hashes[some]), paths=paths, horizon=horizon, draws=digits
                )
            )
            tokens, mask = padded([rows[one] for one in some.tolist()], size, 0)
            device = writer.device
            found = writer.write(tokens.to(device), mask.to(device), chance.to(device))
            codes[chosen] = found[: len(chosen)].cpu().numpy()
    return codes


def evenly(uniform: Tensor) -> Tensor:
    """Return random numbers of which each path gets one from a part of its own of (0, 1).

    Chance decides which path gets which part, anew for each digit. Few paths then say the
    quantiles of a step better than numbers that do not know of each other.
    """
    paths = uniform.shape[-1]
    part = uniform.argsort(dim=-1, stable=True).argsort(dim=-1)
    inside = (uniform * 2**11) % 1  # the lower bits say where in its part a number lies
    return (part + inside.clamp(2**-13, 1 - 2**-13)) / paths


def repeated(count: int, together: int, paths: int, device: torch.device) -> int:
    """Return how many series are written for so many, with repeats: none sees how many they are.

    The last digits of a product of matrices depend on its rows: on a CPU only where these are
    few, elsewhere on any number of them.
    """
    if device.type == "cpu":
        return min(together, filled(count, paths, device))
    return together


def tile(writer: Writer, base: Base, prompt: int, paths: int, steps: int) -> int:
    """Return how many series are written at once: never more because more memory is free.

    The last digits of a product of matrices depend on their shapes, so that the shapes must not
    depend on what else is asked or what else runs.

    Raises:
        NotEnoughMemory: the memory is too small for them.
    """
    kind = writer.device.type
    each = bytes_of_series(writer.network, prompt, paths, steps)
    cheap = base.parameters < SMALL or kind == "cuda"  # to fill up with repeats
    together = TILE.get(kind, 1) if cheap else 1
    while together > 1 and together * each > TILE_BYTES[kind]:
        together //= 2
    said = "one series" if together == 1 else f"{together} series"
    advice = "Ask for fewer paths or a shorter horizon."
    memory.require(
        together * each, writer.device, f"Writing {paths} paths of {said}", advice, "/paths"
    )
    return together
