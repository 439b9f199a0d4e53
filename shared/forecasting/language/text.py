"""Numbers as text: fixed width, most significant digit first, one separator; and back."""

from __future__ import annotations

import re

import numpy as np

from shared.forecasting.errors import Invalid
from shared.forecasting.language.scaling import MISSING, Codes, Scaling, Values

SEPARATOR = ","
UNKNOWN = "x"  # as wide as a number, so that every value is as long as the others


def write(codes: Codes, digits: int) -> str:
    """Return codes (time,) as text: `047,112,xxx,`."""
    words = [UNKNOWN * digits if one == MISSING else f"{one:0{digits}d}" for one in codes.tolist()]
    return "".join(word + SEPARATOR for word in words)


def read(text: str, digits: int) -> Codes:
    """Return the codes (time,) of a text.

    Raises:
        Invalid: it is not made of numbers of this width, each with its separator.
    """
    if not re.fullmatch(rf"((\d{{{digits}}}|{UNKNOWN}{{{digits}}}){SEPARATOR})*", text, re.ASCII):
        raise Invalid(f"The text is not a list of numbers of {digits} digits with {SEPARATOR!r}.")
    words = text.split(SEPARATOR)[:-1]
    return np.array([MISSING if UNKNOWN in word else int(word) for word in words], np.int64)


def serialize(values: Values, scaling: Scaling) -> str:
    """Return the values (time,) of one window as text; NaN is missing."""
    return write(scaling.encode(values[None])[0], scaling.digits)


def parse(text: str, scaling: Scaling) -> Values:
    """Return the values (time,) that a text says, within half a step of what was written.

    Raises:
        Invalid: the text is not made of numbers of the scaling's width.
    """
    codes = read(text, scaling.digits)
    return np.where(codes == MISSING, np.nan, scaling.decode(codes[None])[0])
