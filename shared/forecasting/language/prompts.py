"""Windows as tokens: a header and the context's numbers, padded on the left to one length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.forecasting.future import horizon_values
from shared.forecasting.holidays import PREFIX
from shared.forecasting.language.header import Ahead, header
from shared.forecasting.language.scaling import Codes, Scaling, Values, fit_scaling
from shared.forecasting.language.templates import Words
from shared.forecasting.language.text import write
from shared.forecasting.language.vocabulary import Vocabulary
from shared.forecasting.panel import Index, Panel
from shared.forecasting.recipe import Written

FAR = 2**40
FEWEST = 4  # values of the past that a prompt must hold
Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Manner:
    """How a window is told: fixed when a model is trained, stored with it."""

    words: Words
    kind: str
    digits: int
    context: int  # values that are told at most
    covariates: bool
    note: str
    ranges: Ranges = field(default_factory=dict)  # per known column, its lowest and highest value


@dataclass(frozen=True)
class Prompts:
    """What is told about windows: tokens of different lengths, and how numbers are scaled."""

    rows: list[list[int]]
    headers: list[str]
    codes: Codes  # (window, context)
    lengths: Index  # values told per window
    left_out: Index  # older ones that the model could not read any more
    scaling: Scaling
    unknown: list[tuple[str, ...]]  # words that the model does not know

    def text(self, place: int) -> str:
        """Return what is told about a window, in words and digits."""
        codes = self.codes[place, self.codes.shape[1] - self.lengths[place] :]
        return f"{self.headers[place]} {write(codes, self.scaling.digits)}"

    def showing(
        self, place: int, told: str, wrote: str, factors: tuple[float, ...] | None = None
    ) -> Written:
        """Return a text with the scale that its numbers are told in."""
        step = float(self.scaling.step[place])
        lowest = float(self.scaling.shift[place]) * step
        left_out, unknown = int(self.left_out[place]), self.unknown[place]
        return Written(told, wrote, lowest, step, factors, left_out, unknown)


def spoken(name: str) -> str:
    """Return the word for a known column; that of a country's holidays is one that models know."""
    return "holiday" if name.startswith(PREFIX) else name


def ranges(panel: Panel) -> Ranges:
    """Return, per known column, the values that become digit 0 and digit 9."""
    found = {}
    for place, name in enumerate(panel.known):
        column = panel.known_values[:, place]
        column = column[np.isfinite(column)]
        low, high = (float(column.min()), float(column.max())) if len(column) else (0.0, 0.0)
        found[name] = (low, high)
    return found


def tell(
    panel: Panel,
    series: Index,
    starts: Index,
    horizon: int,
    manner: Manner,
    vocabulary: Vocabulary,
    room: int | None = None,
) -> Prompts:
    """Return the prompts of windows that end before `starts`; nothing after is looked at.

    Args:
        panel: the series.
        series: which of them.
        starts: period of the first step of each.
        horizon: steps.
        manner: how they are told.
        vocabulary: the tokens.
        room: tokens that a prompt may have; older values are left out, of each window by itself.
    """
    pairs = list(zip(series.tolist(), starts.tolist(), strict=True))
    headers = [
        header(
            manner.words,
            manner.kind,
            panel.clock,
            panel.to_date(start).astype(datetime),
            _ahead(panel, one, start, horizon, manner),
            panel.note or manner.note,
        )
        for one, start in pairs
    ]
    known = {text: vocabulary.words(text) for text in dict.fromkeys(headers)}
    unknown = {text: vocabulary.strangers(text) for text in known}
    width = manner.digits + 1
    context = np.array([panel.values(one, start - manner.context, start) for one, start in pairs])
    left = np.array([(room or FAR) - len(known[text]) for text in headers], np.int64)
    context, lengths, left_out = _cut(context, np.maximum(FEWEST, left // width))
    scaling = fit_scaling(context, manner.digits)
    codes = scaling.encode(context)
    numbers = vocabulary.numbers(codes, manner.digits)
    rows = [
        [*known[text], *told[len(told) - length * width :].tolist()]
        for text, told, length in zip(headers, numbers, lengths, strict=True)
    ]
    strangers = [unknown[text] for text in headers]
    return Prompts(rows, headers, codes, lengths, left_out, scaling, strangers)


def _cut(context: Values, most: Index) -> tuple[Values, Index, Index]:
    """Return contexts without their oldest values, how many each has, and how many it lost."""
    age = np.arange(context.shape[1], 0, -1)
    kept = np.where(age > most[:, None], np.nan, context)
    whole, lengths = (np.where(np.isfinite(one), age, 0).max(1) for one in (context, kept))
    return kept, lengths, whole - lengths


def _ahead(panel: Panel, series: int, start: int, horizon: int, manner: Manner) -> list[Ahead]:
    if not manner.covariates or not panel.known:
        return []
    table = horizon_values(panel, series, start, horizon)
    found = []
    for place, name in enumerate(panel.known):
        low, high = manner.ranges.get(name, (0.0, 0.0))
        column = table[:, place].astype(float)
        if high > low and panel.labels.get(name) is None:
            scaled = np.clip(np.rint(9 * (np.nan_to_num(column) - low) / (high - low)), 0, 9)
            signs = np.where(np.isnan(column), -1, scaled).astype(np.int64)
            found.append(Ahead(spoken(name), signs))
        elif panel.labels.get(name) is not None:
            codes = np.where(np.isnan(column), -1, np.nan_to_num(column) % 10)
            found.append(Ahead(name, codes.astype(np.int64)))
    return found


def padded(rows: Sequence[Sequence[int]], length: int, filler: int) -> tuple[Tensor, Tensor]:
    """Return tokens (row, length) padded on the left, and True where there is one."""
    tokens = np.full((len(rows), length), filler, np.int64)
    mask: NDArray[np.bool_] = np.zeros((len(rows), length), bool)
    for place, row in enumerate(rows):
        if row:
            tokens[place, -len(row) :] = row
            mask[place, -len(row) :] = True
    return torch.from_numpy(tokens), torch.from_numpy(mask)
