"""A fine-tuned language model: tells it about each series, lets it write, reads the numbers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting.language.base import Base
from shared.forecasting.language.decoder import Writer
from shared.forecasting.language.prompts import Manner, Prompts, tell
from shared.forecasting.language.spread import spread
from shared.forecasting.language.text import write
from shared.forecasting.language.writing import written
from shared.forecasting.panel import Index, Panel
from shared.forecasting.randomness import uniforms
from shared.forecasting.recipe import Written


class LanguageForecaster:
    """A base model with its adapter merged, and how it is told about series."""

    def __init__(
        self,
        writer: Writer,
        manner: Manner,
        base: Base,
        *,
        paths: int,
        rank: int,
        adapter: dict[str, Tensor],
    ) -> None:
        self.writer, self.manner, self.base = writer, manner, base
        self.paths, self.rank, self.adapter = paths, rank, adapter

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon), each series by itself.

        Raises:
            Invalid: the base model cannot read or write so much.
            NotEnoughMemory: memory is too small for it.
        """
        return self.tell(panel, series, starts, horizon, paths, seed)[0]

    def tell(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> tuple[NDArray[np.float32], list[Written]]:
        """Return sampled futures, and per series what was told and the first path's text."""
        own = min(paths, self.paths)
        prompts, codes = self._written(panel, series, starts, horizon, own, seed)
        dither = uniforms(
            seed, torch.from_numpy(panel.hashes[series]), paths=own, horizon=horizon, draws=1
        )
        inside = codes + dither[:, 0].permute(1, 2, 0).numpy() - 0.5
        zero = codes + prompts.scaling.shift[:, None, None] == 0  # a day without sales is exact
        values = prompts.scaling.decode(np.where(zero, codes, inside))
        texts = [
            prompts.showing(place, prompts.text(place), write(first, self.manner.digits))
            for place, first in enumerate(codes[:, 0])
        ]
        return spread(values, paths).astype(np.float32), texts

    def _written(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> tuple[Prompts, NDArray[np.int64]]:
        """Return the prompts and the codes that each path wrote (series, paths, horizon)."""
        vocabulary, digits = self.writer.vocabulary, self.manner.digits
        room = self.base.window - horizon * (digits + 1)
        prompts = tell(panel, series, starts, horizon, self.manner, vocabulary, room)
        codes = written(
            self.writer,
            self.base,
            prompts.rows,
            panel.hashes[series],
            digits=digits,
            paths=paths,
            horizon=horizon,
            seed=seed,
        )
        return prompts, codes

    def held(self) -> int:
        """Return the bytes of the base model's weights."""
        return self.writer.held()

    def state(self) -> dict[str, Tensor]:
        """Return the adapter; the base model is not part of what is stored."""
        return self.adapter

    def settings(self) -> dict[str, Any]:
        """Return which base model, and how it is told about series."""
        return {"base": self.base.stored(), "rank": self.rank, "manner": asdict(self.manner)}

    def write(self, folder: Path) -> list[Path]:
        """Write nothing: the adapter and the manifest say it all."""
        return []
