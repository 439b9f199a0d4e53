"""Numbers as people write them."""

import numpy as np
import pyarrow as pa
import pytest

from services.registry.cleaning.numbers import numbers
from services.registry.reading.source import CODED


def read(text: str, decimal: str = ".") -> tuple[float | None, bool, bool]:
    """Return a number (None where missing), whether it is text, and whether it is not finite."""
    found = numbers(pa.chunked_array([pa.array([text], CODED)]), decimal)
    value = found.values[0]
    is_text = found.text is not None and bool(found.text[0])
    return (
        None if np.isnan(value) else float(value),
        is_text,
        found.infinite is not None and bool(found.infinite[0]),
    )


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("12", ".", 12),
        ("-1.5e3", ".", -1500),
        ("1,234.50", ".", 1234.5),
        ("1.234,50", ",", 1234.5),
        ("0,5", ",", 0.5),
        ("1 234,5", ",", 1234.5),
        ("12,34,567", ".", 1234567),
        ("(12)", ".", -12),
        ("12-", ".", -12),
        ("￥30.5", ".", 30.5),
        ("$1,000", ".", 1000),
        ("5%", ".", 5),
        ("１２", ".", 12),
        ("−3", ".", -3),
        ("TRUE", ".", 1),
        ("否", ".", 0),
    ],
)
def test_a_number_is_read(text: str, decimal: str, expected: float) -> None:
    assert read(text, decimal) == (expected, False, False)


@pytest.mark.parametrize("text", ["", "NA", "N/A", "NaN", "null", "-", "  "])
def test_an_empty_cell_is_missing(text: str) -> None:
    assert read(text) == (None, False, False)


@pytest.mark.parametrize("text", ["inf", "-Infinity", "∞"])
def test_what_is_not_finite_is_marked(text: str) -> None:
    assert read(text) == (None, False, True)


@pytest.mark.parametrize("text", ["many", "1.2.3", "12 boxes", "0x10", "1e", "--1"])
def test_text_is_marked(text: str) -> None:
    assert read(text) == (None, True, False)
