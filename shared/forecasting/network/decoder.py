"""Autoregressive decoding: read the context once, then sample, feed back, next."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from shared.forecasting.network.body import Body
from shared.forecasting.network.encoder import DYNAMIC, Scaled, squash

FARTHEST = 100.0  # scales from loc; a path that runs away is stopped here


@torch.inference_mode()
def decode(
    body: Body, scaled: Scaled, uniform: Float[Tensor, "horizon draws series paths"]
) -> Float[Tensor, "series paths horizon"]:
    """Sample futures; the state is repeated for the paths, the context is not.

    Args:
        body: the trained network, in evaluation mode.
        scaled: windows of the series; their horizon part needs covariates only.
        uniform: the random numbers; the horizon must be a multiple of the patch.
    """
    horizon, _, series, paths = uniform.shape
    context, patch = body.window.context, body.window.patch
    loc, scale = scaled.loc[:, None, None], scaled.scale[:, None, None]
    inputs = scaled.inputs
    bounds = loc - FARTHEST * scale, loc + FARTHEST * scale
    chance = uniform.unflatten(0, (-1, patch)).permute(0, 2, 3, 4, 1).contiguous()
    feed = inputs.new_ones(series, paths, patch, inputs.shape[-1])
    values = inputs.new_empty(series, paths, horizon)
    units = inputs.new_empty(series, paths, horizon)
    hidden, state = body.network.prefill(
        inputs[:, :context], scaled.mask[:, :context], horizon // patch
    )
    state = body.network.expand(state, paths)
    parameters = body.parameters_of(hidden)[:, None].expand(-1, paths, -1, -1)
    for step in range(0, horizon, patch):
        now = slice(step, step + patch)
        drawn = body.head.sample(parameters, loc, scale, chance[step // patch])
        drawn = torch.clamp(drawn, *bounds)
        values[..., now] = drawn
        if step + patch == horizon:
            break
        units[..., now] = squash((drawn - loc) / scale)
        _feed(body, feed, units, inputs, step)
        hidden, state = body.network.step(state, feed.view(series * paths, patch, -1))
        parameters = body.parameters_of(hidden).view(series, paths, patch, -1)
    return values


def _feed(body: Body, feed: Tensor, units: Tensor, inputs: Tensor, step: int) -> None:
    """Write what the network reads after the values of this step are drawn."""
    context, patch = body.window.context, body.window.patch
    after_mask = slice(DYNAMIC, None)
    feed[..., after_mask] = inputs[:, None, context + step : context + step + patch, after_mask]
    feed[..., 0] = units[..., step : step + patch]
    for place, lag in enumerate(body.window.lags):
        # the position of step s foretells step s + patch, whose lag lies on the path itself
        # once it reaches past the start; before that the history is already in the inputs
        low = max(step + patch, lag)
        high = step + 2 * patch
        if low < high:
            feed[:, :, low - step - patch :, DYNAMIC + place] = units[..., low - lag : high - lag]
