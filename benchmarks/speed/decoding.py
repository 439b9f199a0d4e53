"""Autoregressive decoding beside re-encoding the window at each step, and beside DeepAR."""

from __future__ import annotations

import time
from typing import cast

import numpy as np
import torch
from torch import Tensor

from benchmarks.figures import Figure, quantile
from benchmarks.speed import panels, peers
from shared.forecasting import FittedModel, Fitting, Panel, Recipe
from shared.forecasting.network.body import Body
from shared.forecasting.network.decoder import decode
from shared.forecasting.network.encoder import Scaled, squash
from shared.forecasting.network.encoding import id_codes
from shared.forecasting.network.family import NetworkForecaster
from shared.forecasting.network.windows import Source, WindowShape, forecast_windows
from shared.forecasting.randomness import uniforms

PATHS = 100
LAYERS, WIDTH = 2, 64
FEW = 5  # series that are decoded the slow way; its cost grows with their number


def trained(layers: int, width: int) -> tuple[Panel, FittedModel]:
    """Return a panel with known covariates ahead, and an LSTM that has learned for a moment."""
    panel = panels.panel(panels.table(ahead=panels.HORIZON))
    options = {"layers": layers, "hidden_size": width, "max_epochs": 1, "batches_per_epoch": 2}
    fitting = Fitting(panel, Recipe("lstm", panels.HORIZON, panels.CONTEXT, options))
    for _ in fitting.epochs():
        pass
    return panel, fitting.finish()


def one() -> list[Figure]:
    """Measure a forecast of one series by a model that is loaded."""
    panel, model = trained(1, WIDTH)
    taken = []
    for number in range(110):
        began = time.perf_counter()
        model.forecast(panel, series=[number], paths=PATHS)
        taken.append((time.perf_counter() - began) * 1000)
    warm = taken[10:]
    note = f"p95 {quantile(warm, 0.95):.1f} ms, fastest {min(warm):.1f} ms"
    name = f"one series, {PATHS} paths x {panels.HORIZON} steps, warm, p50"
    return [Figure(name, quantile(warm, 0.5), "ms", 10.0, note=note)]


def many() -> list[Figure]:
    """Measure 500 series beside the slow way and beside DeepAR's sampler."""
    panel, model = trained(LAYERS, WIDTH)
    forecaster = cast(NetworkForecaster, model.forecaster)
    everyone = np.arange(len(panel))
    starts = panel.first + panel.stops - panel.offsets[:-1]

    def ours() -> float:
        began = time.perf_counter()
        forecaster.draw(panel, everyone, starts, panels.HORIZON, PATHS, 0)
        return time.perf_counter() - began

    mine = min(ours() for _ in range(3))
    slow = _again(forecaster.body, panel, starts) * len(panel) / FEW
    sampler = peers.gluonts(
        "deepar", series=len(panel), paths=PATHS, steps=panels.HORIZON, context=panels.CONTEXT,
        layers=LAYERS, width=WIDTH, covariates=len(panels.KNOWN),
    )  # fmt: skip
    paths = len(panel) * PATHS
    name = f"LSTM {LAYERS} x {WIDTH}, {len(panel)} series x {PATHS} paths x {panels.HORIZON} steps"
    return [
        Figure(name, mine, "s", sampler["seconds"], note="target: GluonTS DeepAR's sampler"),
        Figure("paths decoded per second", paths / mine, ""),
        Figure(
            "re-encoding at each step takes so many times longer",
            slow / mine,
            "x",
            10.0,
            "more",
            f"measured on {FEW} series, {slow:,.0f} s for all",
        ),
    ]


@torch.inference_mode()
def _again(body: Body, panel: Panel, starts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    """Return the seconds of decoding a few series by reading the window anew at each step."""
    few, horizon = np.arange(FEW), panels.HORIZON
    vocabulary = {name: panel.id_labels[at] for at, name in enumerate(panel.ids)}
    source = Source(panel, id_codes(panel, vocabulary), torch.device("cpu"))
    shape = WindowShape(body.window.context, horizon, 1, body.window.lags)
    scaled: Scaled = body.encoder(forecast_windows(panel, source, few, starts[few], shape, horizon))
    draws = body.head.draws
    hashes = torch.from_numpy(panel.hashes[few])
    uniform = uniforms(0, hashes, paths=PATHS, horizon=horizon, draws=draws)
    began = time.perf_counter()
    slow = _decoded_slowly(body, scaled, uniform)
    seconds = time.perf_counter() - began
    torch.testing.assert_close(slow, decode(body, scaled, uniform), rtol=1e-2, atol=1.0)
    return seconds


def _decoded_slowly(body: Body, scaled: Scaled, uniform: Tensor) -> Tensor:
    horizon, _, series, paths = uniform.shape
    context, lags = body.window.context, body.window.lags
    inputs = scaled.inputs.repeat_interleave(paths, 0)
    mask = scaled.mask.repeat_interleave(paths, 0)
    loc = scaled.loc.repeat_interleave(paths)[:, None]
    scale = scaled.scale.repeat_interleave(paths)[:, None]
    values = inputs.new_empty(series * paths, horizon)
    for step in range(horizon):
        end = context + step
        hidden = body.network(inputs[:, :end], mask[:, :end])[:, -1:]
        chance = uniform[step].reshape(-1, series * paths, 1)
        values[:, step : step + 1] = body.head.sample(
            body.parameters_of(hidden), loc, scale, chance
        )
        if step + 1 < horizon:
            units = squash((values[:, : step + 1] - loc) / scale)
            inputs[:, end, 0] = units[:, step]
            inputs[:, end, 1] = 1.0
            for place, lag in enumerate(lags):
                if step + 1 >= lag:
                    inputs[:, end, 2 + place] = units[:, step + 1 - lag]
    return values.view(series, paths, horizon)
