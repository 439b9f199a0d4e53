"""Autoregressive decoding: read the context once, then sample, feed back, next."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from shared.forecasting.alike import LOT
from shared.forecasting.network.body import Body
from shared.forecasting.network.encoder import DYNAMIC, Scaled, squash

FARTHEST = 100.0  # scales from loc; a path that runs away is stopped here


class Sampler:
    """Draws what each path says next, in whole lots of paths: see `alike`."""

    def __init__(
        self,
        body: Body,
        loc: Float[Tensor, " series"],
        scale: Float[Tensor, " series"],
        uniform: Float[Tensor, "horizon draws series paths"],
    ) -> None:
        """Repeat what belongs to a series for its paths."""
        _, _, series, paths = uniform.shape
        patch = body.window.patch
        self.layer, self.head = body.parameters_of, body.head
        self.rows, self.shape = series * paths, (series, paths, patch)
        self.missing = -self.rows % LOT if loc.device.type == "cpu" else 0
        chance = uniform.unflatten(0, (-1, patch)).permute(0, 2, 3, 4, 1)
        self.chance = F.pad(chance.flatten(2, 3), (0, 0, 0, self.missing), value=0.5).contiguous()
        self.loc = self._rows(loc.repeat_interleave(paths))
        self.scale = self._rows(scale.repeat_interleave(paths))
        whole = (self.rows + self.missing, patch, self.head.parameters)
        self.parameters = loc.new_zeros(whole if self.missing else 0)
        self.bounds = self.loc - FARTHEST * self.scale, self.loc + FARTHEST * self.scale

    def draw(
        self, hidden: Float[Tensor, "rows patch width"], step: int
    ) -> tuple[Float[Tensor, "series paths patch"], Float[Tensor, "series paths patch"]]:
        """Return the values that this step's numbers point at, and how a network reads them."""
        drawn = self.head.sample(self._asked(hidden), self.loc, self.scale, self.chance[step])
        drawn = torch.clamp(drawn, *self.bounds)
        units = squash((drawn - self.loc) / self.scale)
        return drawn[: self.rows].view(self.shape), units[: self.rows].view(self.shape)

    def _asked(self, hidden: Tensor) -> Float[Tensor, "lots patch n"]:
        """Return what the head is told, for whole lots of paths."""
        if not self.missing:
            found: Tensor = self.layer(hidden)
            return found
        room, flat = self.parameters.flatten(0, 1), hidden.flatten(0, 1)
        torch.addmm(self.layer.bias, flat, self.layer.weight.t(), out=room[: len(flat)])
        return self.parameters

    def _rows(self, values: Tensor) -> Float[Tensor, "rows 1"]:
        return F.pad(values, (0, self.missing), value=1.0)[:, None]


@torch.inference_mode()
def decode(
    body: Body, scaled: Scaled, uniform: Float[Tensor, "horizon draws series paths"]
) -> Float[Tensor, "series paths horizon"]:
    """Sample futures; the state is repeated for the paths, the context is not.

    Args:
        body: the trained network, in evaluation mode.
        scaled: windows of the series; their horizon part needs covariates only. Those that are
            more than the random numbers are for are only read.
        uniform: the random numbers; the horizon must be a multiple of the patch.
    """
    horizon, _, series, paths = uniform.shape
    context, patch = body.window.context, body.window.patch
    hidden, state = body.network.prefill(
        scaled.inputs[:, :context], scaled.mask[:, :context], horizon // patch
    )
    state = body.network.expand(state, series, paths)
    inputs = scaled.inputs[:series]
    sampler = Sampler(body, scaled.loc[:series], scaled.scale[:series], uniform)
    feed = inputs.new_ones(series, paths, patch, inputs.shape[-1])
    values = inputs.new_empty(series, paths, horizon)
    units = inputs.new_empty(series, paths, horizon)
    hidden = hidden[:series].repeat_interleave(paths, 0)
    for step in range(0, horizon, patch):
        now = slice(step, step + patch)
        values[..., now], units[..., now] = sampler.draw(hidden, step // patch)
        if step + patch == horizon:
            break
        _feed(body, feed, units, inputs, step)
        hidden, state = body.network.step(state, feed.view(series * paths, patch, -1))
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
