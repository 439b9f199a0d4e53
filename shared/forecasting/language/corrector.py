"""What is told for a correction, how it is written as digits, and the forecast that it makes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting.ensemble.forecaster import EnsembleForecaster
from shared.forecasting.language.base import Base
from shared.forecasting.language.decoder import Writer
from shared.forecasting.language.exercises import Exercises
from shared.forecasting.language.prompts import Manner, Prompts, tell
from shared.forecasting.language.scaling import MISSING, Codes
from shared.forecasting.language.text import write
from shared.forecasting.language.vocabulary import Vocabulary
from shared.forecasting.language.writing import written
from shared.forecasting.panel import Index, Panel
from shared.forecasting.quantile_paths import MIDDLE, Array
from shared.forecasting.recipe import Written

ADAPTER = "adapter."


@dataclass(frozen=True)
class Corrector:
    """How a correction is told and read: the middle code leaves the forecast as it is."""

    manner: Manner
    vocabulary: Vocabulary
    bound: float
    window: int  # tokens that the base model can read

    @property
    def middle(self) -> int:
        """Return the code of no correction."""
        return 10**self.manner.digits // 2

    def factors(self, codes: NDArray[Any]) -> Array:
        """Return what codes multiply a forecast by, between 1/bound and bound."""
        share = (np.asarray(codes, float) - self.middle) / max(1, self.middle - 1)
        return np.exp(np.clip(share, -1, 1) * np.log(self.bound))

    def codes(self, forecast: Array, actual: Array, step: Array) -> Codes:
        """Return the codes of what would have been right (window, horizon)."""
        seen = np.isfinite(actual)
        floor = step[:, None]  # keeps the quotient of nothing and nothing at one
        above = np.maximum(np.where(seen, actual, 0.0), 0.0) + floor
        quotient = np.log(above / (np.maximum(forecast, 0.0) + floor)) / np.log(self.bound)
        codes = np.rint(self.middle + np.clip(quotient, -1, 1) * max(1, self.middle - 1))
        return np.where(seen, codes, MISSING).astype(np.int64)

    def prompts(
        self, panel: Panel, series: Index, starts: Index, forecast: Array
    ) -> tuple[Prompts, list[list[int]], list[str]]:
        """Return what is told: the context, the forecast, and the word before the correction."""
        line, digits, horizon = self.manner.words["line"], self.manner.digits, forecast.shape[1]
        before, after = (self.vocabulary.words(line[name]) for name in ("forecast", "correction"))
        room = self.window - len(before) - len(after) - 2 * horizon * (digits + 1)
        told = tell(panel, series, starts, horizon, self.manner, self.vocabulary, room)
        codes = told.scaling.encode(forecast)
        numbers = self.vocabulary.numbers(codes, digits).tolist()
        rows = [
            [*row, *before, *said, *after] for row, said in zip(told.rows, numbers, strict=True)
        ]
        texts = [
            f"{told.text(place)} {line['forecast']} {write(one, digits)} {line['correction']}"
            for place, one in enumerate(codes)
        ]
        return told, rows, texts

    def exercises(
        self, panel: Panel, series: Index, starts: Index, forecast: Array, actual: Array
    ) -> Exercises:
        """Return prompts with the corrections that would have been right."""
        if not len(series):
            return Exercises([], np.zeros((0, actual.shape[-1]), np.int64))
        told, rows, _ = self.prompts(panel, series, starts, forecast)
        return Exercises(rows, self.codes(forecast, actual, told.scaling.step))


class CorrectionForecaster:
    """A numeric forecaster, and a language model that multiplies what it says."""

    def __init__(
        self,
        writer: Writer,
        corrector: Corrector,
        base: Base,
        numeric: EnsembleForecaster,
        *,
        paths: int,
        rank: int,
        adapter: dict[str, Tensor],
    ) -> None:
        self.writer, self.corrector, self.base = writer, corrector, base
        self.numeric, self.paths, self.rank, self.adapter = numeric, paths, rank, adapter

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon): the numeric ones, corrected.

        All paths of a series are multiplied by the median of what was written, so that a few
        written paths do not add noise of their own.
        """
        return self.tell(panel, series, starts, horizon, paths, seed)[0]

    def tell(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> tuple[NDArray[np.float32], list[Written]]:
        """Return sampled futures, and per series the first path's text and what was applied."""
        drawn = self.numeric.draw(panel, series, starts, horizon, paths, seed)
        told, texts, codes = self._written(panel, series, starts, horizon, seed)
        factors = self.corrector.factors(np.median(codes, axis=1))
        digits = self.corrector.manner.digits
        said = [
            told.showing(
                place, text, write(codes[place, 0], digits), tuple(factors[place].tolist())
            )
            for place, text in enumerate(texts)
        ]
        return (drawn * factors[:, None]).astype(np.float32), said

    def _written(
        self, panel: Panel, series: Index, starts: Index, horizon: int, seed: int
    ) -> tuple[Prompts, list[str], NDArray[np.int64]]:
        forecast = self.numeric.quantiles(panel, series, starts, horizon)[..., MIDDLE]
        told, rows, texts = self.corrector.prompts(panel, series, starts, forecast)
        codes = written(
            self.writer,
            self.base,
            rows,
            panel.hashes[series],
            digits=self.corrector.manner.digits,
            paths=self.paths,
            horizon=horizon,
            seed=seed,
        )
        return told, texts, codes

    def held(self) -> int:
        """Return the bytes of the base model's weights."""
        return self.writer.held()

    def state(self) -> dict[str, Tensor]:
        """Return the adapter and the numeric forecaster's tensors."""
        own = {ADAPTER + name: part for name, part in self.adapter.items()}
        return {**own, **self.numeric.state()}

    def settings(self) -> dict[str, Any]:
        """Return which base model, how it is told, and what it corrects."""
        return {
            "base": self.base.stored(),
            "rank": self.rank,
            "manner": asdict(self.corrector.manner),
            "numeric": self.numeric.settings(),
        }

    def write(self, folder: Path) -> list[Path]:
        """Write the numeric forecaster's files."""
        return self.numeric.write(folder)
