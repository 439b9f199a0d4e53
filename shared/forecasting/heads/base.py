"""What every output distribution does."""

from typing import Protocol

from jaxtyping import Float
from torch import Tensor


class Head(Protocol):
    """An output distribution in units of a window: a value is loc + scale x a scaled value."""

    name: str
    parameters: int  # numbers per step that the network gives
    draws: int  # uniform random numbers per sampled value
    centred: bool  # whether loc is the mean of the window; otherwise it is 0
    nonnegative: bool  # whether it refuses negative values

    def loss(
        self,
        parameters: Float[Tensor, "*shape n"],
        value: Float[Tensor, "*shape"],
        loc: Float[Tensor, "*shape"],
        scale: Float[Tensor, "*shape"],
    ) -> Float[Tensor, "*shape"]:
        """Return how badly the distribution foretold each value."""
        ...

    def sample(
        self,
        parameters: Float[Tensor, "*shape n"],
        loc: Float[Tensor, "*shape"],
        scale: Float[Tensor, "*shape"],
        uniform: Float[Tensor, "draws ..."],
    ) -> Float[Tensor, "*shape"]:
        """Return one value each, decided by the uniform numbers alone."""
        ...
