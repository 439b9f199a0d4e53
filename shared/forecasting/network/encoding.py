"""What a network is told about the data before it learns: head, encoding, statistics, ids."""

from __future__ import annotations

import math

import numpy as np
import torch

from shared.forecasting.calendar_features import calendar_width, unfamiliar
from shared.forecasting.errors import Invalid
from shared.forecasting.heads import HEADS
from shared.forecasting.network.body import patch_of
from shared.forecasting.network.encoder import Encoder, Encoding
from shared.forecasting.panel import Index, Panel, Values
from shared.forecasting.register import Problem

LARGEST_COUNT = 1_000.0
ZEROS = 0.2


def id_codes(panel: Panel, vocabulary: dict[str, tuple[str, ...]]) -> Index:
    """Return the place of each id in the learned vocabulary, from 1; 0 where it is unknown."""
    codes = np.zeros((len(panel), len(vocabulary)), np.int64)
    for at, (name, learned) in enumerate(vocabulary.items()):
        if name not in panel.ids:
            continue
        place = {label: code for code, label in enumerate(learned, start=1)}
        labels = panel.id_labels[panel.ids.index(name)]
        mapped = np.array([place.get(label, 0) for label in labels], np.int64)
        codes[:, at] = mapped[panel.id_codes[:, panel.ids.index(name)]]
    return codes


def learned_values(problem: Problem) -> Values:
    """Return the observed values that may be learned from."""
    offsets, stops = problem.panel.offsets, problem.train_stops
    rows = np.arange(int(offsets[-1]))
    allowed = rows < np.repeat(stops, np.diff(offsets))
    values = problem.panel.target[allowed]
    return values[~np.isnan(values)]


def choose_head(wanted: str, values: Values) -> str:
    """Return the head to use; `auto` looks at the values.

    Raises:
        Invalid: the head wanted takes no negative values, and there are some.
    """
    lowest = float(values.min()) if len(values) else 0.0
    if wanted != "auto":
        if lowest < 0 and HEADS[wanted].nonnegative:
            raise Invalid(
                f"The head {wanted!r} takes no negative values, but the lowest is {lowest:g}. "
                "Choose student_t or quantiles, or correct the data.",
                field="/hyperparameters/head",
            )
        return wanted
    if lowest < 0 or not len(values):
        return "student_t"
    if float(values.mean()) <= LARGEST_COUNT and bool((values == np.round(values)).all()):
        return "negative_binomial"
    return "tweedie" if float((values == 0).mean()) >= ZEROS else "student_t"


def encoding_of(problem: Problem, head: str, values: Values) -> Encoding:
    """Return what the encoder must know of the data; `values` are those to learn from."""
    panel = problem.panel
    lengths = problem.train_stops - panel.offsets[:-1]
    longest = int(lengths.max())
    usual = float(np.abs(values).mean()) if len(values) else 0.0
    floor = usual * 1e-3 or 1.0
    if head == "negative_binomial":
        floor = max(floor, 1 / problem.context_length)
    patch = patch_of(problem.hyperparameters)
    reach = max(1, longest - problem.recipe.horizon)
    return Encoding(
        lags=tuple(lag for lag in panel.clock.lags if patch <= lag <= reach),
        known=_labels(panel, panel.known),
        past=_labels(panel, panel.past),
        static=_labels(panel, panel.static),
        calendar=calendar_width(panel.clock),
        vocabulary=tuple(len(labels) for labels in panel.id_labels),
        centred=HEADS[head].centred,
        floor=floor,
        unfamiliar=unfamiliar(
            panel.clock, int(panel.first.min()), int((panel.first + lengths).max())
        ),
        vectors=True,
    )


def _labels(panel: Panel, names: tuple[str, ...]) -> tuple[int | None, ...]:
    return tuple(len(panel.labels[name]) if name in panel.labels else None for name in names)


def standardise(encoder: Encoder, problem: Problem) -> None:
    """Store the statistics of covariates and of the size of windows in the encoder."""
    panel = problem.panel
    tables = {"known": panel.known_values, "past": panel.past_values, "static": panel.static_values}
    for name, table in tables.items():
        if not table.shape[1]:
            continue
        seen = ~np.isnan(table)
        count = np.maximum(seen.sum(0), 1)
        mean = np.where(seen, table, 0).sum(0, dtype=np.float64) / count
        square = np.where(seen, table - mean, 0).astype(np.float64) ** 2
        deviation = np.sqrt(square.sum(0) / count)
        getattr(encoder, f"{name}_mean").copy_(torch.from_numpy(mean))
        usable = np.where(deviation > 1e-6 * np.maximum(np.abs(mean), 1e-6), deviation, 1.0)
        getattr(encoder, f"{name}_deviation").copy_(torch.from_numpy(usable))
    sizes = [
        math.log(max(float(np.nanmean(np.abs(part))), 1e-9))
        for start, stop in zip(panel.offsets[:-1], problem.train_stops, strict=True)
        if np.isfinite(part := panel.target[start:stop]).any()
    ]
    if sizes:
        deviation = max(float(np.std(sizes)), 0.5)
        encoder.log_scale.copy_(torch.tensor([float(np.mean(sizes)), deviation]))
