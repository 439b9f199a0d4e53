"""Cuts windows out of a panel by index, on the device; nothing is ever copied beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from shared.forecasting.calendar_features import calendar
from shared.forecasting.frequency import Frequency
from shared.forecasting.future import horizon_values
from shared.forecasting.panel import Index, Panel


@dataclass(frozen=True)
class WindowShape:
    """Row 0 of a window is `context` steps before the first step to forecast."""

    context: int
    horizon: int
    patch: int
    lags: tuple[int, ...]

    @property
    def length(self) -> int:
        return self.context + self.horizon


@dataclass(frozen=True)
class Windows:
    """A batch of windows, raw: a missing value is NaN."""

    target: Float[Tensor, "batch length"]
    lagged: Float[Tensor, "batch length lags"]  # the target so many steps before each row
    inside: Bool[Tensor, "batch length"]  # False before a series begins
    known: Float[Tensor, "batch length known"]
    past: Float[Tensor, "batch length past"]
    calendar: Float[Tensor, "batch length calendar"]
    static: Float[Tensor, "batch static"]
    ids: Int[Tensor, "batch ids"]

    def to(self, device: torch.device) -> Windows:
        """Move to the device."""
        moved = {name: part.to(device, non_blocking=True) for name, part in vars(self).items()}
        return Windows(**moved)


class Source:
    """A panel as tensors, shared with it on the CPU, copied once on another device."""

    def __init__(self, panel: Panel, id_codes: Index, device: torch.device) -> None:
        self.device = device
        self.clock: Frequency = panel.clock
        self.target = _tensor(panel.target, device)
        self.offsets = _tensor(panel.offsets, device)
        self.first = _tensor(panel.first, device)
        self.known = _tensor(panel.known_values, device) if panel.known else None
        self.past = _tensor(panel.past_values, device) if panel.past else None
        self.static = (
            _tensor(panel.static_values, device)
            if panel.static
            else torch.zeros(len(panel), 0, device=device)
        )
        self.ids = _tensor(id_codes, device)
        self._calendar = torch.zeros(0, 0)
        self._calendar_first = 0

    def cover(self, low: int, high: int) -> None:
        """Make the calendar of the periods low … high-1 ready."""
        self._calendar = _tensor(calendar(self.clock, low, high), self.device)
        self._calendar_first = low

    def cut(
        self,
        series: Int[Tensor, " batch"],
        origin: Int[Tensor, " batch"],
        stop: Int[Tensor, " batch"],
        shape: WindowShape,
    ) -> Windows:
        """Gather one window per (series, row of its first step to forecast).

        Args:
            series: index in the panel.
            origin: flat row of the first step to forecast.
            stop: flat row from which on the target must not be seen.
            shape: of the window.
        """
        ahead = torch.arange(-shape.context, shape.horizon, device=self.device)
        rows = origin[:, None] + ahead  # (batch, length)
        begin, stop = self.offsets[series][:, None], stop[:, None]
        end = self.offsets[series + 1][:, None]
        periods = self.first[series][:, None] + rows - begin
        lags = torch.tensor(shape.lags, device=self.device, dtype=torch.int64)
        return Windows(
            target=self._at(self.target, rows, begin, stop),
            lagged=self._at(self.target, rows[..., None] - lags, begin[..., None], stop[..., None]),
            inside=(rows >= begin),
            known=self._covariates(self.known, rows, begin, end),
            past=self._covariates(self.past, rows, begin, stop),
            calendar=self._calendar[periods - self._calendar_first],
            static=self.static[series],
            ids=self.ids[series],
        )

    def _at(self, values: Tensor, rows: Tensor, begin: Tensor, stop: Tensor) -> Tensor:
        found = values[rows.clamp(0, max(0, len(values) - 1))]
        return torch.where((rows >= begin) & (rows < stop), found, torch.nan)

    def _covariates(
        self, values: Tensor | None, rows: Tensor, begin: Tensor, stop: Tensor
    ) -> Tensor:
        if values is None:
            return torch.zeros(*rows.shape, 0, device=self.device)
        found = values[rows.clamp(0, len(values) - 1)]
        inside = ((rows >= begin) & (rows < stop))[..., None]
        return torch.where(inside, found, torch.nan)


def forecast_windows(
    panel: Panel, source: Source, series: Index, starts: Index, shape: WindowShape, horizon: int
) -> Windows:
    """Cut the windows of a forecast: nothing of the target from `starts` on is seen."""
    places = torch.from_numpy(series)
    origin = torch.from_numpy(panel.offsets[series] + starts - panel.first[series])
    stop = torch.minimum(origin, torch.from_numpy(panel.offsets[series + 1]))
    source.cover(int(starts.min()) - shape.context, int(starts.max()) + shape.horizon)
    windows = source.cut(places, origin, stop, shape)
    if panel.known:
        future = np.stack(
            [
                horizon_values(panel, int(place), int(start), horizon)
                for place, start in zip(series, starts, strict=True)
            ]
        )
        windows.known[:, shape.context : shape.context + horizon] = torch.from_numpy(future)
    return windows


def _tensor(
    array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], device: torch.device
) -> Tensor:
    """Share a CPU array with torch; a read-only one is copied, because torch cannot promise."""
    return torch.from_numpy(array if array.flags.writeable else array.copy()).to(device)
