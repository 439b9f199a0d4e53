"""What a network algorithm writes: an `nn.Module` that turns a window into hidden vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor, nn

State = Any  # tensors in tuples, lists and dicts; only the network itself looks inside


@dataclass(frozen=True)
class Shape:
    """What a network must fit: its inputs per step, and the window."""

    inputs: int  # channels per step; the first one is the scaled target, the second its mask
    context_length: int
    horizon: int
    steady: int = 0  # the last so many channels are the same at every step of a window


class Network(nn.Module):
    """A causal network: the hidden vector at a position sees that position and earlier ones.

    A position holds the target of its step and the covariates of the step to foretell, which
    is `patch` steps later. With a patch of p, positions come in groups of p that see each
    other, so a group foretells the next p steps at once.
    """

    patch: int = 1
    width: int  # length of the hidden vector
    together: int = 96  # windows that each thread of a CPU learns from at once, in its caches

    def forward(
        self, inputs: Float[Tensor, "batch time channels"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch last width"]:
        """Return the hidden vectors of the last positions, of all of them if it can."""
        raise NotImplementedError

    def prefill(
        self,
        inputs: Float[Tensor, "batch time channels"],
        mask: Bool[Tensor, "batch time"],
        steps: int,
    ) -> tuple[Float[Tensor, "batch patch width"], State]:
        """Read the context once; the state has room for `steps` more steps."""
        raise NotImplementedError

    def positions(self, context: int) -> int:
        """Return how many rows the products of `prefill` have for each series of the batch."""
        return context // self.patch

    def expand(self, state: State, series: int, paths: int) -> State:
        """Give each path of the first series its own state: batch becomes series x paths."""
        return repeated(state, series, paths)

    def step(
        self, state: State, inputs: Float[Tensor, "batch patch channels"]
    ) -> tuple[Float[Tensor, "batch patch width"], State]:
        """Read the next patch."""
        raise NotImplementedError


def repeated(state: State, series: int, times: int) -> State:
    """Repeat the first rows of each tensor of a nested state."""
    if isinstance(state, Tensor):
        return state[:series].repeat_interleave(times, 0)
    if isinstance(state, dict):
        return type(state)({name: repeated(part, series, times) for name, part in state.items()})
    if isinstance(state, tuple | list):
        return type(state)(repeated(part, series, times) for part in state)
    return state
