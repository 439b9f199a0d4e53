"""Cuts windows out of a panel by index, on the device; nothing is ever copied beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from shared.forecasting import calendar_features
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
class Calendar:
    """The calendar of some periods in a row."""

    first: int
    table: Float[Tensor, "periods calendar"]


@dataclass(frozen=True)
class Windows:
    """A batch of windows, raw: a missing value is NaN."""

    target: Float[Tensor, "batch length"]
    lagged: Float[Tensor, "batch length lags"]  # the target so many steps before each row
    inside: Bool[Tensor, "batch length"]  # False before a series begins
    known: Float[Tensor, "batch length known"]
    past: Float[Tensor, "batch length past"]
    calendar: Float[Tensor, "periods calendar"]  # shared by all; most of what a window would hold
    period: Int[Tensor, " batch"]  # row of the calendar that is a window's first
    static: Float[Tensor, "batch static"]
    ids: Int[Tensor, "batch ids"]

    def to(self, device: torch.device) -> Windows:
        """Move to the device."""
        moved = {name: part.to(device, non_blocking=True) for name, part in vars(self).items()}
        return Windows(**moved)

    def part(self, part: slice) -> Windows:
        """Return some of the windows."""
        own = {name: values[part] for name, values in vars(self).items() if name != "calendar"}
        return Windows(calendar=self.calendar, **own)

    def calendar_rows(self, skip: int, length: int) -> Float[Tensor, "batch length calendar"]:
        """Return the calendar of so many steps of each window, after the first ones."""
        return _rows(self.calendar, self.period + skip, length)


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

    def calendar(self, low: int, high: int) -> Calendar:
        """Return the calendar of the periods low … high-1, which windows are cut with.

        The source does not remember it: several threads may forecast from one source.
        """
        return Calendar(
            low, _tensor(calendar_features.calendar(self.clock, low, high), self.device)
        )

    def cut(
        self,
        series: Int[Tensor, " batch"],
        origin: Int[Tensor, " batch"],
        stop: Int[Tensor, " batch"],
        shape: WindowShape,
        calendar: Calendar,
    ) -> Windows:
        """Gather one window per (series, row of its first step to forecast).

        Args:
            series: index in the panel.
            origin: flat row of the first step to forecast.
            stop: flat row from which on the target must not be seen.
            shape: of the window.
            calendar: covers every window.
        """
        length, first = shape.length, origin - shape.context
        begin, end = self.offsets[series], self.offsets[series + 1]
        blank = _blank(length, self.device)
        outside = blank(first, begin, stop)
        target = _rows(self.target, first, length) + outside
        nothing = target[..., None][..., :0]
        return Windows(
            target=target,
            lagged=self._lagged(shape, first, begin, stop) if shape.lags else nothing,
            inside=blank.begun(first, begin),
            known=nothing
            if self.known is None
            else _rows(self.known, first, length) + blank(first, begin, end)[..., None],
            past=nothing
            if self.past is None
            else _rows(self.past, first, length) + outside[..., None],
            calendar=calendar.table,
            period=first + self.first[series] - begin - calendar.first,
            static=self.static[series],
            ids=self.ids[series],
        )

    def _lagged(
        self, shape: WindowShape, first: Tensor, begin: Tensor, stop: Tensor
    ) -> Float[Tensor, "batch length lags"]:
        lags = torch.tensor(shape.lags, device=self.device)
        begin, stop = (bound.repeat_interleave(len(lags)) for bound in (begin, stop))
        first = (first[:, None] - lags).flatten()
        found = _rows(self.target, first, shape.length)
        found += _blank(shape.length, self.device)(first, begin, stop)
        return found.view(-1, len(lags), shape.length).mT


def whole_calendar(source: Source, panel: Panel, shape: WindowShape) -> Calendar:
    """Return the calendar of every window that can be cut out of a panel."""
    first = int(panel.first.min()) - shape.context
    last = int((panel.first + np.diff(panel.offsets)).max()) + shape.horizon
    return source.calendar(first, last)


class _Blank:
    """Blanks windows outside their series: adding NaN is cheaper than asking where to put it."""

    def __init__(self, length: int, device: torch.device) -> None:
        zeros = torch.zeros(length, device=device)
        self.length = length
        self.late = torch.cat([zeros + torch.nan, zeros])
        self.early = torch.cat([zeros, zeros + torch.nan])
        self.ready = torch.cat([zeros > 0, zeros == 0])

    def __call__(self, first: Tensor, begin: Tensor, stop: Tensor) -> Float[Tensor, "batch length"]:
        """Return 0 in the rows begin … stop-1 and NaN elsewhere."""
        late = _rows(self.late, self._skip(first, begin), self.length)
        after = (first + self.length - stop).clamp(0, self.length)
        return late + _rows(self.early, after, self.length)

    def begun(self, first: Tensor, begin: Tensor) -> Bool[Tensor, "batch length"]:
        """Return True from the row `begin` on."""
        return _rows(self.ready, self._skip(first, begin), self.length)

    def _skip(self, first: Tensor, begin: Tensor) -> Tensor:
        return self.length - (begin - first).clamp(0, self.length)


@lru_cache(maxsize=16)
def _blank(length: int, device: torch.device) -> _Blank:
    with torch.inference_mode(False):
        return _Blank(length, device)


def _rows(table: Tensor, first: Int[Tensor, " batch"], length: int) -> Tensor:
    """Return the rows first … first+length-1 of each window; anything where there are none.

    Overlapping windows are a view of the table, so that a CPU copies whole windows at once.
    """
    last = len(table) - length
    if last < 0 or table.device.type != "cpu":
        return _gathered(table, first, length)
    width = table[:1].numel()
    windows = table.as_strided((last + 1, length * width), (width, 1))
    found = windows.index_select(0, first.clamp(0, last)).view(-1, length, *table.shape[1:])
    beyond = torch.nonzero((first < 0) | (first > last))[:, 0]
    if len(beyond):
        found[beyond] = _gathered(table, first[beyond], length)
    return found


def _gathered(table: Tensor, first: Tensor, length: int) -> Tensor:
    rows = first[:, None] + torch.arange(length, device=first.device)
    return table[rows.clamp(0, len(table) - 1)]


def forecast_windows(
    panel: Panel, source: Source, series: Index, starts: Index, shape: WindowShape, horizon: int
) -> Windows:
    """Cut the windows of a forecast: nothing of the target from `starts` on is seen."""
    places = torch.from_numpy(series)
    origin = torch.from_numpy(panel.offsets[series] + starts - panel.first[series])
    stop = torch.minimum(origin, torch.from_numpy(panel.offsets[series + 1]))
    covered = source.calendar(int(starts.min()) - shape.context, int(starts.max()) + shape.horizon)
    windows = source.cut(places, origin, stop, shape, covered)
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
