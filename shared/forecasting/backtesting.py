"""A rolling-origin backtest: forecasts as they would have been made then, learned anew or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from shared.forecasting.calibration import apply
from shared.forecasting.errors import Invalid
from shared.forecasting.evaluation import Evaluation, Windows, evaluate, joined, windows_of
from shared.forecasting.fitted import FittedModel
from shared.forecasting.manifest import Calibration
from shared.forecasting.panel import Panel
from shared.forecasting.recipe import Backtest, Epoch, Recipe
from shared.forecasting.register import Forecaster
from shared.forecasting.split import until
from shared.forecasting.validation import MOST_WINDOWS, SHORTEST_HISTORY, Checked, check, places

Fit = Callable[[Panel, Recipe], Iterator[Epoch | FittedModel]]


@dataclass
class Rolling:
    """A backtest at work: iterate `epochs()`, then ask for the report."""

    panel: Panel  # of the scope, with everything that happened
    recipe: Recipe
    backtest: Backtest
    naive: Forecaster
    fit: Fit

    def __post_init__(self) -> None:
        self.parts: list[Windows] = []
        self.fits = 0

    def ends(self) -> list[int]:
        """Return, oldest first, the last period that each round of windows knows.

        Raises:
            Invalid: the series are too short for so many windows.
        """
        horizon, asked = self.recipe.horizon, self.backtest
        lengths = self.panel.stops - self.panel.offsets[:-1]
        last = int((self.panel.first + lengths).max()) - 1
        stride = asked.stride or horizon
        held = horizon + (asked.windows - 1) * stride
        # each fit holds back a horizon of its own, to be stopped and calibrated by
        room = int(lengths.max()) - held - horizon - SHORTEST_HISTORY
        if room < 0:
            most = max(0, asked.windows + room // stride)
            raise Invalid(
                f"The longest series has {int(lengths.max())} values: enough for {most} windows of "
                f"{horizon} steps, not for {asked.windows}.",
                field="/backtest_windows",
            )
        return [last - held + place * stride for place in range(asked.windows)]

    @property
    def rounds(self) -> int:
        """Return how often it fits."""
        return -(-self.backtest.windows // (self.backtest.refit_every or self.backtest.windows))

    def epochs(self, number: int) -> Iterator[Epoch]:
        """Fit and forecast round after round, yielding the epochs of each fit after `number`.

        They have no losses, because those are of other networks than the one that is kept.
        """
        ends, every = self.ends(), self.backtest.refit_every or self.backtest.windows
        for first in range(0, len(ends), every):
            model: FittedModel | None = None
            for found in self.fit(until(self.panel, ends[first]), self.recipe):
                if isinstance(found, FittedModel):
                    model = found
                    continue
                number += 1
                left = (self.rounds - self.fits) * found.total - found.number
                yield replace(
                    found, number=number, total=number + left, best=False,
                    train_loss=None, validation_loss=None,
                )  # fmt: skip
            if model is None:
                return
            self.fits += 1
            for end in ends[first : first + every]:
                self._forecast(model, end)

    def _forecast(self, model: FittedModel, end: int) -> None:
        """Forecast what came after a period, of all series that were alive and known then."""
        panel, horizon, seed = self.panel, self.recipe.horizon, self.recipe.seed
        rows = panel.offsets[:-1] + (end + 1 - panel.first)
        known = (rows - panel.offsets[:-1] >= SHORTEST_HISTORY) & (rows < panel.stops)
        origins = [(int(one), int(rows[one])) for one in np.flatnonzero(known)]
        origins = [
            (one, row)
            for one, row in origins
            if np.isfinite(panel.target[panel.offsets[one] : row]).any()
        ]
        if not origins:
            return
        if len(origins) > MOST_WINDOWS:
            chosen = np.linspace(0, len(origins) - 1, MOST_WINDOWS).astype(int)
            origins = [origins[place] for place in chosen]
        found, naive = (
            check(one, panel, origins, horizon, nonnegative=model.manifest.nonnegative, seed=seed)
            for one in (model.forecaster, self.naive)
        )
        calibration = model.manifest.calibration
        self.parts.append(windows_from(panel, origins, found, naive, calibration))

    def report(self) -> tuple[Evaluation, Windows] | None:
        """Return the report and its windows; None where no series could be forecast."""
        if not self.parts:
            return None
        windows, asked = joined(self.parts), self.backtest
        report = evaluate(
            windows,
            self.panel,
            kind="backtest",
            refit_every=asked.refit_every or None,
            fits=self.fits,
            seed=self.recipe.seed,
        )
        return report, windows


def windows_from(
    panel: Panel,
    origins: list[tuple[int, int]],
    found: Checked,
    naive: Checked,
    calibration: Calibration,
) -> Windows:
    """Return the windows of a model, calibrated by what it knew."""
    series, starts = places(panel, origins)
    fair = apply(calibration, found.ordered)
    return windows_of(series, starts, found.ordered, fair, found.actual, naive.ordered)
