"""Reports how good forecasts were: by series, by step of the horizon and over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from safetensors.torch import load_file, save_file

from shared.forecasting.calibration import quantiles_of
from shared.forecasting.manifest import LeftOut
from shared.forecasting.metrics import DECILES, bootstrap_skill, coverage, errors, naive_errors
from shared.forecasting.metrics import ratio as quotient
from shared.forecasting.panel import Index, Panel

Array = NDArray[np.float64]
Numbers = dict[str, float | None]

REPORT = "evaluation.json"
RESIDUALS = "residuals.safetensors"
FILES = frozenset({REPORT, RESIDUALS})
MIDDLE = DECILES.index(0.5)


class SeriesErrors(BaseModel):
    """How good the forecasts of one series were."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    keys: dict[str, str]
    windows: int
    metrics: Numbers


class StepErrors(BaseModel):
    """How good forecasts were so many steps ahead."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    step: int
    metrics: Numbers


class DateErrors(BaseModel):
    """How good forecasts of one date were."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    date: datetime
    points: int
    metrics: Numbers


class Evaluation(BaseModel):
    """The file `evaluation.json`.

    `kind` is `validation` for the windows that the learning was stopped and calibrated by, and
    `backtest` for a model that was fitted again for each `refit_every` windows.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    kind: Literal["validation", "backtest"]
    windows: int
    refit_every: int | None = None
    fits: int = 1
    metrics: Numbers
    by_series: tuple[SeriesErrors, ...]
    by_step: tuple[StepErrors, ...]
    over_time: tuple[DateErrors, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Windows:
    """Forecasts of some windows, and what happened."""

    series: Index  # (window,) place in the panel
    starts: Index  # (window,) period of the first step
    deciles: Array  # (window, horizon, 9) after calibration
    raw: Array  # (window, horizon, 9) before
    mean: Array  # (window, horizon) after calibration
    actual: Array  # (window, horizon), NaN where unknown
    naive: Array  # (window, horizon, 9) of seasonal naive

    def only(self, chosen: NDArray[np.bool_] | Index) -> Windows:
        """Return some of the windows."""
        return Windows(**{name: part[chosen] for name, part in vars(self).items()})

    def steps(self, chosen: NDArray[np.bool_]) -> Windows:
        """Return the windows with all points but these unknown; chosen is (window, horizon)."""
        hidden = np.where(chosen, self.actual, np.nan)
        return Windows(**{**vars(self), "actual": hidden})


Evaluated = tuple[Evaluation, Windows]


def joined(parts: list[Windows]) -> Windows:
    """Return the windows of all parts."""
    names = vars(parts[0])
    return Windows(**{name: np.concatenate([vars(one)[name] for one in parts]) for name in names})


def evaluate(
    windows: Windows,
    panel: Panel,
    *,
    kind: Literal["validation", "backtest"],
    refit_every: int | None = None,
    fits: int = 1,
    seed: int = 0,
) -> Evaluation:
    """Return the report of at least one window."""
    usual = np.array(
        [
            naive_errors(panel.values(int(one), stop=int(start)), panel.clock.season)
            for one, start in zip(windows.series, windows.starts, strict=True)
        ]
    )
    return Evaluation(
        kind=kind,
        windows=len(windows.series),
        refit_every=refit_every,
        fits=fits,
        metrics={
            **_metrics(windows, usual),
            **bootstrap_skill(
                windows.actual, windows.deciles, windows.naive, windows.series, seed=seed
            ),
        },
        by_series=_by_series(windows, usual, panel),
        by_step=_by_step(windows),
        over_time=_over_time(windows, panel),
    )


def headlines(report: Evaluation) -> Numbers:
    """Return the figures that a model's metrics get from its report."""
    if report.kind == "backtest":
        return {f"backtest_{name}": value for name, value in report.metrics.items()}
    return {name: report.metrics[name] for name in ("skill_low", "skill_high")}


def _metrics(windows: Windows, usual: Array | None = None) -> Numbers:
    """Return the figures of some windows; those in units of seasonal naive only with `usual`."""
    scale = np.full((len(windows.series), 2), np.nan) if usual is None else usual
    found = errors(windows.actual, windows.deciles, windows.mean, scale[:, 0], scale[:, 1])
    if usual is None:
        del found["mase"], found["rmsse"]
    found["coverage80"] = coverage(windows.actual, windows.deciles[..., 0], windows.deciles[..., 8])
    found["coverage80_raw"] = coverage(windows.actual, windows.raw[..., 0], windows.raw[..., 8])
    naive = errors(windows.actual, windows.naive, windows.mean, scale[:, 0], scale[:, 1])["wql"]
    found["wql_seasonal_naive"] = naive
    share = None if found["wql"] is None else quotient(found["wql"], naive or 0.0)
    found["skill"] = None if share is None else 1 - share
    return found


def _by_series(windows: Windows, usual: Array, panel: Panel) -> tuple[SeriesErrors, ...]:
    found = []
    for one in np.unique(windows.series):
        mine = windows.series == one
        found.append(
            SeriesErrors(
                keys=panel.keys[int(one)],
                windows=int(mine.sum()),
                metrics=_metrics(windows.only(mine), usual[mine]),
            )
        )
    return tuple(found)


def _by_step(windows: Windows) -> tuple[StepErrors, ...]:
    place = np.arange(windows.actual.shape[1])
    return tuple(
        StepErrors(
            step=int(step) + 1,
            metrics=_metrics(windows.steps(np.broadcast_to(place == step, windows.actual.shape))),
        )
        for step in place
    )


def _over_time(windows: Windows, panel: Panel) -> tuple[DateErrors, ...]:
    periods = windows.starts[:, None] + np.arange(windows.actual.shape[1])
    seen = np.isfinite(windows.actual)
    found = []
    for period in np.unique(periods[seen]):
        here = (periods == period) & seen
        rows = here.any(1)
        found.append(
            DateErrors(
                date=panel.to_date(int(period)).item(),
                points=int(here.sum()),
                metrics=_metrics(windows.only(rows).steps(here[rows])),
            )
        )
    return tuple(found)


def write(folder: Path, report: Evaluation, windows: Windows) -> list[Path]:
    """Write the report and the residuals (actual minus median); no training data is written."""
    residuals = (windows.actual - windows.deciles[..., MIDDLE]).astype(np.float32)
    tensors = {
        "series": torch.from_numpy(windows.series.astype(np.int32)),
        "start": torch.from_numpy(windows.starts.astype(np.int64)),
        "residual": torch.from_numpy(residuals),
    }
    save_file(tensors, folder / RESIDUALS)
    (folder / REPORT).write_text(report.model_dump_json(), encoding="utf-8")
    return [folder / REPORT, folder / RESIDUALS]


def read(folder: Path) -> tuple[Evaluation, dict[str, NDArray[Any]]]:
    """Return a stored report, and the residuals (window, horizon) with series and start.

    Raises:
        OSError: there is none.
    """
    report = Evaluation.model_validate_json((folder / REPORT).read_bytes())
    return report, {name: part.numpy() for name, part in load_file(folder / RESIDUALS).items()}


def windows_of(
    series: Index,
    starts: Index,
    ordered: Array,
    fair: Array,
    actual: Array,
    naive: Array,
) -> Windows:
    """Return windows from sorted paths (window, paths, horizon), before and after calibration."""
    deciles, raw, other = (quantiles_of(paths, DECILES) for paths in (fair, ordered, naive))
    return Windows(series, starts, deciles, raw, fair.mean(1), actual, other)
