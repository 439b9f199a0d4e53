"""Autoregressive decoding: read the context once, then sample, feed back, next."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from shared.forecasting.alike import LOT
from shared.forecasting.network.body import Body
from shared.forecasting.network.encoder import DYNAMIC, Scaled

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
        self.head, self.layer = body.head, body.parameters_of
        self.rows, self.shape = series * paths, (series, paths, patch)
        self.missing = -self.rows % LOT if loc.device.type == "cpu" else 0
        chance = uniform.unflatten(0, (-1, patch)).permute(0, 2, 3, 4, 1)
        self.chance = F.pad(chance.flatten(2, 3), (0, 0, 0, self.missing), value=0.5).contiguous()
        self.loc = self._rows(loc.repeat_interleave(paths))
        self.scale = self._rows(scale.repeat_interleave(paths))
        whole = (self.rows + self.missing, patch, self.head.parameters)
        self.parameters = loc.new_zeros(whole if self.missing else (0, 0, 0))
        self.room = self.parameters.flatten(0, 1)[: self.rows * patch]
        self.weight, self.bias = self.layer.weight.t(), self.layer.bias
        self.bounds = self.loc - FARTHEST * self.scale, self.loc + FARTHEST * self.scale

    def draw(
        self, hidden: Float[Tensor, "rows patch width"], step: int
    ) -> tuple[Float[Tensor, "series paths patch"], Float[Tensor, "series paths patch"]]:
        """Return the values that this step's numbers point at, and how a network reads them."""
        drawn = self.head.sample(self._asked(hidden), self.loc, self.scale, self.chance[step])
        drawn = torch.clamp(drawn, *self.bounds)
        units = torch.asinh((drawn - self.loc) / self.scale)  # what `squash` is, at once
        return drawn[: self.rows].view(self.shape), units[: self.rows].view(self.shape)

    def _asked(self, hidden: Tensor) -> Float[Tensor, "lots patch n"]:
        """Return what the head is told, for whole lots of paths."""
        if not self.missing:
            found: Tensor = self.layer(hidden)
            return found
        torch.addmm(self.bias, hidden.flatten(0, 1), self.weight, out=self.room)
        return self.parameters

    def _rows(self, values: Tensor) -> Float[Tensor, "rows 1"]:
        return F.pad(values, (0, self.missing), value=1.0)[:, None]


class Feed:
    """What a network reads after each step: what was drawn, and the covariates of the next one."""

    def __init__(
        self,
        body: Body,
        inputs: Float[Tensor, "series time channels"],
        paths: int,
        horizon: int,
    ) -> None:
        series, _, channels = inputs.shape
        self.lags, self.patch = body.window.lags, body.window.patch
        whole = inputs.new_ones(series, paths, self.patch, channels)
        self.flat = whole.flatten(0, 1)
        self.value, self.others = whole[..., 0], whole[..., DYNAMIC:]
        self.ready = inputs[:, None, body.window.context :, DYNAMIC:]
        self.units = inputs.new_empty(series, paths, horizon)

    def after(self, step: int) -> Float[Tensor, "rows patch channels"]:
        """Return the inputs that follow the values of this step."""
        end = step + self.patch
        self.others.copy_(self.ready[:, :, step:end])
        self.value.copy_(self.units[..., step:end])
        for place, lag in enumerate(self.lags):
            # the position of step s foretells step s + patch, whose lag lies on the path itself
            # once it reaches past the start; before that the history is already in the inputs
            low, high = max(end, lag), end + self.patch
            if low < high:
                self.others[:, :, low - end :, place] = self.units[..., low - lag : high - lag]
        return self.flat


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
    sampler = Sampler(body, scaled.loc[:series], scaled.scale[:series], uniform)
    feed = Feed(body, scaled.inputs[:series], paths, horizon)
    values = uniform.new_empty(series, paths, horizon)
    hidden = hidden[:series].repeat_interleave(paths, 0)
    for step in range(0, horizon, patch):
        now = slice(step, step + patch)
        values[..., now], feed.units[..., now] = sampler.draw(hidden, step // patch)
        if step + patch == horizon:
            break
        hidden, state = body.network.step(state, feed.after(step))
    return values
