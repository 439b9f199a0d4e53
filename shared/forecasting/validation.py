"""Holds back the end of each series, forecasts it, and says how good that was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.forecasting.calibration import apply, calibrate, quantiles_of
from shared.forecasting.manifest import Calibration
from shared.forecasting.metrics import DECILES, Metrics, coverage, errors, naive_errors, ratio, wql
from shared.forecasting.panel import Index, Panel
from shared.forecasting.recipe import Recipe
from shared.forecasting.register import Correcting, Forecaster

Array = NDArray[np.float64]

WINDOWS = 200  # that many make calibration steady; few series get several windows each
MOST_PER_SERIES = 8
MOST_WINDOWS = 500
PATHS = 100
SHORTEST_HISTORY = 4
LARGEST_SHARE = 0.25


@dataclass(frozen=True)
class Holdout:
    """Where learning stops, and the windows that check it."""

    train_stops: Index  # (series,) flat row
    origins: list[tuple[int, int]]  # series, flat row of the first step
    held: int  # steps


def hold_back(panel: Panel, horizon: int, train_end: int | None = None) -> Holdout:
    """Choose how much of the end of each series is kept for checking.

    With `train_end`, that is what comes after this period, for all series.
    """
    if train_end is not None:
        return _after(panel, horizon, train_end)
    lengths = panel.stops - panel.offsets[:-1]
    count = _windows_each(lengths, horizon)
    stride = max(1, horizon // 4)
    held = horizon + (count - 1) * stride
    checked = lengths - held >= SHORTEST_HISTORY
    stops = np.where(checked, panel.stops - held, panel.stops)
    series = np.flatnonzero(checked)
    if len(series) * count > MOST_WINDOWS:
        series = series[np.linspace(0, len(series) - 1, MOST_WINDOWS // count).astype(int)]
    origins = [
        (int(one), int(panel.stops[one]) - horizon - back * stride)
        for back in range(count)
        for one in series
        if np.isfinite(panel.target[panel.offsets[one] : panel.stops[one] - held]).any()
    ]
    return Holdout(stops.astype(np.int64), origins, held if origins else 0)


def _after(panel: Panel, horizon: int, train_end: int) -> Holdout:
    rows = panel.offsets[:-1] + (train_end + 1 - panel.first)  # the first that is not learned from
    stops = np.clip(rows, panel.offsets[:-1], panel.stops)
    origins = windows_after(panel, horizon, train_end)
    held = int((panel.first + panel.stops - panel.offsets[:-1]).max()) - 1 - train_end
    return Holdout(stops.astype(np.int64), origins, held)


def windows_after(panel: Panel, horizon: int, period: int) -> list[tuple[int, int]]:
    """Return windows that lie whole after a period, of series with a value before it."""
    begin = panel.offsets[:-1] + (period + 1 - panel.first)
    chosen = [
        (int(one), start)
        for one in np.flatnonzero(begin - panel.offsets[:-1] >= SHORTEST_HISTORY)
        for start in range(
            int(begin[one]), int(panel.stops[one]) - horizon + 1, max(1, horizon // 4)
        )
        if np.isfinite(panel.target[panel.offsets[one] : begin[one]]).any()
    ]
    if len(chosen) > MOST_WINDOWS:
        places = np.linspace(0, len(chosen) - 1, MOST_WINDOWS).astype(int)
        chosen = [chosen[place] for place in places]
    return chosen


def _windows_each(lengths: Index, horizon: int) -> int:
    wanted = min(MOST_PER_SERIES, -(-WINDOWS // max(1, len(lengths))))
    usual = float(np.median(lengths))
    stride = max(1, horizon // 4)
    room = int((LARGEST_SHARE * usual - horizon) // stride) + 1
    return max(1, min(wanted, room))


@dataclass(frozen=True)
class Checked:
    """The forecasts of the validation windows and what happened."""

    ordered: Array  # (window, paths, horizon) sorted paths
    actual: Array  # (window, horizon)


def check(
    forecaster: Forecaster,
    panel: Panel,
    origins: list[tuple[int, int]],
    horizon: int,
    *,
    nonnegative: bool,
    seed: int,
) -> Checked:
    """Forecast the validation windows as they would have been forecast then."""
    series, starts = places(panel, origins)
    filled = panel.changed(fill=dict.fromkeys(panel.known, "last"))
    paths = forecaster.draw(filled, series, starts, horizon, PATHS, seed).astype(np.float64)
    if nonnegative:
        paths = np.maximum(paths, 0.0)
    actual = actual_values(panel, series, starts, horizon)
    return Checked(np.sort(paths, axis=1), actual)


def places(panel: Panel, origins: list[tuple[int, int]]) -> tuple[Index, Index]:
    """Return the series of validation windows and the periods of their first steps."""
    series, rows = np.array(origins, np.int64).reshape(-1, 2).T
    return series, panel.first[series] + rows - panel.offsets[series]


def actual_values(panel: Panel, series: Index, starts: Index, horizon: int) -> Array:
    """Return what happened (window, horizon), NaN where unknown."""
    return np.array(
        [
            panel.values(int(one), int(start), int(start) + horizon)
            for one, start in zip(series, starts, strict=True)
        ]
    ).reshape(-1, horizon)


def measure(
    checked: Checked, naive: Checked, panel: Panel, origins: list[tuple[int, int]]
) -> tuple[Calibration, Metrics]:
    """Calibrate on the validation windows, and measure each half with the other's calibration."""
    calibration = calibrate(checked.ordered, checked.actual)
    if not origins:
        return calibration, {}
    return calibration, _metrics(checked, cross_fitted(checked), naive, panel, origins)


def uncorrected(
    forecaster: Forecaster,
    panel: Panel,
    origins: list[tuple[int, int]],
    recipe: Recipe,
    corrected: Metrics,
    notes: list[str],
) -> Metrics:
    """Return how good a forecast was before its correction, and say so if it was better."""
    if not isinstance(forecaster, Correcting) or not origins:
        return {}
    numeric, horizon, seed = forecaster.numeric, recipe.horizon, recipe.seed
    found = check(numeric, panel, origins, horizon, nonnegative=True, seed=seed)
    before = wql(found.actual, quantiles_of(cross_fitted(found), DECILES))
    after = corrected.get("wql")
    if after is not None and before is not None and after > before:
        notes.append(
            f"The correction did harm on the validation windows: quantile loss {after:.4f}, "
            f"{before:.4f} without it."
        )
    return {"wql_uncorrected": before}


def measure_test(
    checked: Checked,
    naive: Checked,
    calibration: Calibration,
    panel: Panel,
    origins: list[tuple[int, int]],
) -> Metrics:
    """Measure on windows that neither the learning nor the calibration has seen."""
    if not origins:
        return {}
    ordered = apply(calibration, checked.ordered)
    found = _metrics(checked, ordered, naive, panel, origins)
    return {f"test_{name}": value for name, value in found.items()}


def _metrics(
    checked: Checked, fair: Array, naive: Checked, panel: Panel, origins: list[tuple[int, int]]
) -> Metrics:
    deciles, raw = quantiles_of(fair, DECILES), quantiles_of(checked.ordered, DECILES)
    usual = np.array(
        [
            naive_errors(panel.target[panel.offsets[one] : row], panel.clock.season)
            for one, row in origins
        ]
    )
    metrics = errors(checked.actual, deciles, fair.mean(1), usual[:, 0], usual[:, 1])
    metrics["coverage80"] = coverage(checked.actual, deciles[..., 0], deciles[..., 8])
    metrics["coverage80_raw"] = coverage(checked.actual, raw[..., 0], raw[..., 8])
    reference = wql(naive.actual, quantiles_of(naive.ordered, DECILES))
    metrics["wql_seasonal_naive"] = reference
    quotient = ratio(metrics["wql"] or 0.0, reference or 0.0)
    metrics["skill"] = None if quotient is None or metrics["wql"] is None else 1 - quotient
    metrics["windows"] = float(len(origins))
    return metrics


def cross_fitted(checked: Checked) -> Array:
    """Return sorted paths, each half of the windows calibrated by the other half."""
    if len(checked.actual) < 4:
        return checked.ordered
    half = np.arange(len(checked.actual)) % 2 == 0
    out = np.empty_like(checked.ordered)
    for part in (half, ~half):
        out[part] = apply(
            calibrate(checked.ordered[~part], checked.actual[~part]), checked.ordered[part]
        )
    return out
