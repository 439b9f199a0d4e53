"""A fitted model: forecasts any series of a panel, and can be stored and rebuilt exactly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from shared.forecasting.alignment import aligned
from shared.forecasting.calibration import apply, quantiles_of
from shared.forecasting.errors import Invalid, MissingFuture
from shared.forecasting.evaluation import Evaluated
from shared.forecasting.future import Gap, gaps
from shared.forecasting.manifest import Manifest
from shared.forecasting.memory import require
from shared.forecasting.panel import Index, Panel
from shared.forecasting.recipe import ForecastResult, Written
from shared.forecasting.register import Forecaster, Holding, Telling
from shared.forecasting.totals import Numbers, Totals, totals

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
COPIES = 8  # of the paths, while they are sorted and calibrated
UNASKED = 2**30  # bytes that nobody need ask for
CHUNK = 256  # series summarised at once, so that the paths of a large panel fit into memory


class FittedModel:
    """What was learned, with its manifest."""

    def __init__(
        self, manifest: Manifest, forecaster: Forecaster, evaluation: Evaluated | None = None
    ) -> None:
        self.manifest = manifest
        self.forecaster = forecaster
        self.evaluation = evaluation  # of a model that was just fitted, to be stored beside it
        self._aligned: tuple[Panel, Panel] | None = None

    @property
    def metrics(self) -> dict[str, float | None]:
        """Return how good it was on the held-back end of the series."""
        return dict(self.manifest.metrics)

    @property
    def held(self) -> int:
        """Return the bytes that it holds in memory and does not store, such as a base model."""
        return self.forecaster.held() if isinstance(self.forecaster, Holding) else 0

    def save(self, folder: Path, extra: dict[str, Any] | None = None) -> list[Path]:
        """Write the model without any training data; `extra` goes into the manifest's lineage.

        Raises:
            OSError: the folder cannot be written.
        """
        from shared.forecasting.artifact import save

        return save(self, folder, extra or {})

    def gaps(
        self,
        panel: Panel,
        series: Sequence[int] | None = None,
        horizon: int | None = None,
        start: int | None = None,
    ) -> list[Gap]:
        """Return the values of known covariates that a forecast would lack."""
        panel = self._fitting(panel)
        chosen, starts = _places(panel, series, start)
        steps = horizon or self.manifest.horizon
        return gaps(panel, [int(one) for one in chosen], steps, [int(one) for one in starts])

    def forecast(
        self,
        panel: Panel,
        *,
        series: Sequence[int] | None = None,
        horizon: int | None = None,
        start: int | None = None,
        paths: int = 100,
        quantiles: Sequence[float] = LEVELS,
        seed: int = 0,
    ) -> ForecastResult:
        """Forecast series of a panel that has been narrowed to the model's scope.

        Args:
            panel: recent values; what lies at or after `start` is not looked at.
            series: indexes in the panel; all of them if absent.
            horizon: steps; the model's if absent.
            start: period of the first step; the one after each series' last value if absent.
            paths: sampled futures per series.
            quantiles: levels between 0 and 1.
            seed: same seed, same numbers, whatever else is asked for in the same call; to the bit
                on a CPU with one thread, else but for the last bits of a network's sums.

        Raises:
            MissingFuture: the horizon lacks values of known covariates.
            Invalid: the panel does not fit the model, or a series has no value before `start`.
        """
        steps = self.manifest.horizon if horizon is None else horizon
        levels = tuple(float(level) for level in quantiles)
        _check_request(steps, paths, levels)
        panel = self._fitting(panel)
        chosen, starts = _places(panel, series, start)
        _check_history(panel, chosen, starts)
        _require_memory(min(len(chosen), CHUNK) * paths * steps)
        missing = gaps(panel, [int(one) for one in chosen], steps, [int(one) for one in starts])
        if missing:
            raise MissingFuture(missing)
        parts = [
            self._summary(
                panel, chosen[at : at + CHUNK], starts[at : at + CHUNK], steps, paths, levels, seed
            )
            for at in range(0, len(chosen), CHUNK)
        ]
        *arrays, totals, texts = zip(*parts, strict=True)
        mean, found, total = (np.concatenate(part) for part in arrays)
        by_unit, told = ([one for part in lists for one in part] for lists in (totals, texts))
        return ForecastResult(
            chosen, starts, levels, mean, found, mean.sum(1), total, by_unit, told
        )

    def _summary(
        self,
        panel: Panel,
        series: Index,
        starts: Index,
        horizon: int,
        paths: int,
        levels: tuple[float, ...],
        seed: int,
    ) -> tuple[Numbers, Numbers, Numbers, list[dict[str, Totals]], list[Written]]:
        """Return mean, quantiles and what sums have, all from calibrated paths, and texts."""
        asked = panel, series, starts, horizon, paths, seed
        if isinstance(self.forecaster, Telling):
            drawn, texts = self.forecaster.tell(*asked)
        else:
            drawn, texts = self.forecaster.draw(*asked), []
        sampled = drawn.astype(np.float64)
        low = 0.0 if self.manifest.nonnegative else -np.inf
        sampled = np.maximum(sampled, low)
        order = np.argsort(sampled, axis=1, kind="stable")
        ordered = np.take_along_axis(sampled, order, 1)
        calibrated = np.maximum(apply(self.manifest.calibration, ordered), low)
        # each path keeps its rank at every step, so that sums see the same dependence as before
        again = np.empty_like(calibrated)
        np.put_along_axis(again, order, calibrated, 1)
        total = np.sort(again.sum(2), axis=1)[..., None]
        mean = calibrated.mean(1)
        return (
            mean,
            quantiles_of(calibrated, levels),
            quantiles_of(total, levels)[:, 0],
            _totals(again, mean, panel, starts, levels),
            texts,
        )

    def _fitting(self, panel: Panel) -> Panel:
        """Return the panel in the model's own columns and labels; remembered for repeats."""
        remembered = self._aligned  # read once: another thread may replace it meanwhile
        if remembered is None or remembered[0] is not panel:
            remembered = (panel, aligned(panel, self.manifest))
            self._aligned = remembered
        return remembered[1]


def _totals(
    paths: Numbers, mean: Numbers, panel: Panel, starts: Index, levels: tuple[float, ...]
) -> list[dict[str, Totals]]:
    found: list[dict[str, Totals]] = [{} for _ in starts]
    for start in np.unique(starts):
        places = np.flatnonzero(starts == start)
        summed = totals(paths[places], mean[places], panel.clock, int(start), levels)
        for place, one in zip(places, summed, strict=True):
            found[place] = one
    return found


def _check_request(horizon: int, paths: int, levels: tuple[float, ...]) -> None:
    if not 1 <= horizon <= 10_000:
        raise Invalid("The horizon must be 1 to 10000 steps.", field="/horizon")
    if not 1 <= paths <= 100_000:
        raise Invalid("Sample 1 to 100000 paths.", field="/paths")
    if not levels or not all(0 < level < 1 for level in levels):
        raise Invalid("Quantile levels lie between 0 and 1.", field="/quantiles")


def _require_memory(values: int) -> None:
    if (needed := COPIES * 8 * values) > UNASKED:
        advice = "Ask for fewer paths or a shorter horizon."
        require(needed, torch.device("cpu"), "This forecast", advice, "/paths")


def _places(panel: Panel, series: Sequence[int] | None, start: int | None) -> tuple[Index, Index]:
    chosen = np.arange(len(panel)) if series is None else np.asarray(series, np.int64)
    if not len(chosen) or (chosen < 0).any() or (chosen >= len(panel)).any():
        raise Invalid(f"Choose series 0 to {len(panel) - 1}.", field="/series")
    after = (panel.first + panel.stops - panel.offsets[:-1])[chosen]
    starts = after if start is None else np.full(len(chosen), start, np.int64)
    return chosen, starts


def _check_history(panel: Panel, series: Index, starts: Index) -> None:
    for place, (one, start) in enumerate(zip(series, starts, strict=True)):
        offset = int(panel.offsets[one])
        before = max(0, int(start) - panel.begin(int(one)))
        stop = min(offset + before, int(panel.stops[one]))
        if not np.isfinite(panel.target[offset:stop]).any():
            named = " ".join(panel.keys[int(one)].values()) or "the total"
            raise Invalid(
                f"{named} has no value before {panel.to_date(int(start))}: there is nothing to "
                "forecast from.",
                field=f"/series/{place}" if stop == int(panel.stops[one]) else "/start",
            )
