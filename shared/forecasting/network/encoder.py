"""Turns raw windows into what a network reads, and values back: scaling, covariates, ids."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from shared.forecasting.alike import alike
from shared.forecasting.network.windows import Windows

MOST_LABELS = 12  # that have a channel each; of a longer list each has a vector
DYNAMIC = 2  # the scaled target and its mask come before the lags
HUGE = 1e18  # its square is still a number


@dataclass(frozen=True)
class Encoding:
    """What the encoder must know of the data; goes into the manifest."""

    lags: tuple[int, ...]
    known: tuple[int | None, ...]  # per column, how many labels it has; None for a number
    past: tuple[int | None, ...]
    static: tuple[int | None, ...]
    calendar: int
    vocabulary: tuple[int, ...]  # per id column, how many ids; 0 is the unknown one
    centred: bool
    floor: float  # the smallest scale of a window
    unfamiliar: tuple[int, ...] = ()  # columns of the calendar that tell nothing but the date
    vectors: bool = False  # models of before let the labels of a long list share channels


@dataclass(frozen=True)
class Scaled:
    """A batch ready for a network, and the way back to values."""

    inputs: Float[Tensor, "batch time channels"]  # those that hang on the target come first
    mask: Bool[Tensor, "batch time"]
    loc: Float[Tensor, " batch"]
    scale: Float[Tensor, " batch"]


def squash(values: Tensor) -> Tensor:
    """Tame large values without ever making two different ones equal: asinh.

    In a form that stays exact near 0; PyTorch's own takes eight times as long on a CPU.
    """
    size = values.abs().clamp_(max=HUGE)
    square = size * size
    root = (square + 1).sqrt_().add_(1)
    return alike(torch.log1p_, square.div_(root).add_(size)).copysign_(values)


class Encoder(nn.Module):
    """Standardises covariates with statistics of the training part, and embeds ids."""

    def __init__(self, encoding: Encoding, context: int, patch: int) -> None:
        super().__init__()
        self.encoding, self.context, self.patch = encoding, context, patch
        for name in ("known", "past", "static"):
            columns = len(getattr(encoding, name))
            self.register_buffer(f"{name}_mean", torch.zeros(columns))
            self.register_buffer(f"{name}_deviation", torch.ones(columns))
        self.log_scale: Tensor
        self.register_buffer("log_scale", torch.tensor([0.0, 1.0]))
        heeded = torch.ones(encoding.calendar)
        heeded[list(encoding.unfamiliar)] = 0.0
        self.heeded: Tensor
        self.register_buffer("heeded", heeded, persistent=False)
        self.vectors = nn.ModuleDict(
            {
                f"{name}_{place}": _vectors(labels)
                for name in ("known", "past", "static")
                for place, labels in enumerate(getattr(encoding, name))
                if self._long(labels)
            }
        )
        self.embedded = [place for place, count in enumerate(encoding.vocabulary) if count > 1]
        self.embeddings = nn.ModuleList(_embedding(encoding.vocabulary[at]) for at in self.embedded)

    @property
    def dynamic_width(self) -> int:
        """Return how many channels hang on the target."""
        return DYNAMIC + len(self.encoding.lags)

    @property
    def exogenous_width(self) -> int:
        """Return how many channels do not."""
        columns = (*self.encoding.known, *self.encoding.past)
        widths = sum(self._width(labels) for labels in columns)
        return widths + self.encoding.calendar + self.steady_width

    @property
    def steady_width(self) -> int:
        """Return how many of the last channels say the same at every step of a window."""
        widths = sum(self._width(labels) for labels in self.encoding.static)
        return widths + sum(embedding_width(count) for count in self.encoding.vocabulary) + 1

    def _long(self, labels: int | None) -> bool:
        return self.encoding.vectors and labels is not None and labels > MOST_LABELS

    def _width(self, labels: int | None) -> int:
        """Return how many channels a covariate has."""
        if labels is None:
            return 1
        return embedding_width(labels) if self._long(labels) else _channels(labels)

    def units(self, windows: Windows) -> tuple[Tensor, Tensor]:
        """Return loc and scale of each window, from its context alone."""
        context = windows.target[:, : self.context]
        seen = ~torch.isnan(context)
        values = torch.where(seen, context, 0.0)
        count = seen.sum(1).clamp(min=1)
        mean = values.sum(1) / count
        if not self.encoding.centred:
            return torch.zeros_like(mean), (values.abs().sum(1) / count).clamp(
                min=self.encoding.floor
            )
        spread = (torch.where(seen, context - mean[:, None], 0.0)).abs().sum(1) / count
        smallest = torch.maximum(mean.abs() * 1e-3, torch.full_like(mean, self.encoding.floor))
        return mean, torch.maximum(spread, smallest)

    def forward(
        self, windows: Windows, drop_ids: Bool[Tensor, "batch ids"] | None = None
    ) -> Scaled:
        """Return the channels of every position that foretells a row of the window."""
        loc, scale = self.units(windows)
        time = windows.target.shape[1] - self.patch
        target = self.scaled(windows.target[:, :time], loc, scale)
        seen = ~torch.isnan(windows.target[:, :time])
        lagged = self.scaled(
            windows.lagged[:, self.patch :], loc[:, None], scale[:, None]
        )  # (batch, time, lags)
        dynamic = [target[..., None], seen[..., None].float(), lagged]
        channels = [*dynamic, *self._exogenous(windows, time, scale, drop_ids)]
        return Scaled(
            inputs=torch.cat([some.contiguous() for some in channels], -1),  # quicker by half
            mask=windows.inside[:, :time],
            loc=loc,
            scale=scale,
        )

    def scaled(self, values: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
        """Return values in units of their window; a missing one becomes 0."""
        units = (values - loc[:, None]).div_(scale[:, None])
        return squash(units.nan_to_num_(nan=0.0))

    def _exogenous(
        self, windows: Windows, time: int, scale: Tensor, drop_ids: Tensor | None
    ) -> list[Tensor]:
        ahead = slice(self.patch, self.patch + time)
        past = windows.past[:, :time]
        past = torch.where(
            (torch.arange(time, device=past.device) < self.context)[None, :, None], past, torch.nan
        )
        steady = self._steady(windows, scale, drop_ids)[:, None].expand(-1, time, -1)
        return [
            self._columns("known", windows.known[:, ahead]),
            self._columns("past", past),
            windows.calendar_rows(self.patch, time).mul_(self.heeded),
            steady,
        ]

    def _steady(self, windows: Windows, scale: Tensor, drop_ids: Tensor | None) -> Tensor:
        middle, width = self.log_scale[0], self.log_scale[1]
        ids = windows.ids if drop_ids is None else windows.ids.masked_fill(drop_ids, 0)
        parts = [((alike(torch.log, scale) - middle) / width).clamp(-5, 5)[:, None]]
        parts.append(self._columns("static", windows.static))
        tables = zip(self.embedded, self.embeddings, strict=True)
        parts += [table(ids[:, place]) for place, table in tables]
        return torch.cat(parts, -1)

    def _columns(self, name: str, values: Tensor) -> Tensor:
        """Standardise numbers, spread labels over channels; a missing value is all zeros."""
        columns: tuple[int | None, ...] = getattr(self.encoding, name)
        if not columns:
            return values
        mean, deviation = getattr(self, f"{name}_mean"), getattr(self, f"{name}_deviation")
        numbers = torch.nan_to_num((values - mean) / deviation, nan=0.0).clamp(-10, 10)
        if all(labels is None for labels in columns):
            return numbers
        return torch.cat(
            [
                numbers[..., place : place + 1]
                if labels is None
                else self._label(f"{name}_{place}", values[..., place], labels)
                for place, labels in enumerate(columns)
            ],
            -1,
        )

    def _label(self, name: str, codes: Tensor, labels: int) -> Tensor:
        """Return the vector or the channels of a label; one never seen counts as missing."""
        clean = torch.nan_to_num(codes, nan=-1.0).long()
        clean = torch.where(clean >= labels, -1, clean)
        if name in self.vectors:
            found: Tensor = self.vectors[name](clean + 1)
            return found
        return _one_hot(clean, labels)


def _one_hot(codes: Tensor, labels: int) -> Tensor:
    """Return a channel per label; in models of before, those of a long list share channels."""
    width = _channels(labels)
    channel = torch.where(codes >= 0, codes % width, -1)
    return (channel[..., None] == torch.arange(width, device=codes.device)).float()


def _channels(labels: int) -> int:
    return min(MOST_LABELS, max(1, labels))


def _vectors(labels: int) -> nn.Embedding:
    """Return a vector per label, and before them one of zeros for what is missing."""
    table = _embedding(labels)
    with torch.no_grad():
        table.weight[0] = 0.0
    return table


def _embedding(count: int) -> nn.Embedding:
    table = nn.Embedding(count + 1, embedding_width(count))
    nn.init.normal_(table.weight, std=0.1)
    return table


def embedding_width(count: int) -> int:
    """Return how long the vector of an id is; a lone id needs none."""
    return 0 if count <= 1 else min(16, max(2, round(1.6 * count**0.5)))
