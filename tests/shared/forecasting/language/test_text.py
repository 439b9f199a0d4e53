"""Numbers become text and come back: within half a step, exactly at zero, fixed in width."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shared.forecasting import Invalid
from shared.forecasting.language.scaling import MISSING, Scaling, fit_scaling
from shared.forecasting.language.text import parse, read, serialize, write

DIGITS = st.integers(1, 5)
VALUES = st.lists(
    st.one_of(st.just(0.0), st.floats(-1e9, 1e9), st.floats(0, 100), st.just(float("nan"))),
    min_size=1,
    max_size=60,
)


def scaling_of(values: NDArray[np.float64], digits: int) -> Scaling:
    return fit_scaling(values[None], digits)


@given(VALUES, DIGITS)
def test_what_is_written_is_read_within_half_a_step(values: list[float], digits: int) -> None:
    context = np.array(values)
    scaling = scaling_of(context, digits)
    low, high = scaling.decode(np.array([[0, 10**digits - 1]]))[0]

    found = parse(serialize(context, scaling), scaling)

    np.testing.assert_array_equal(np.isnan(found), np.isnan(context))
    inside = (context >= low) & (context <= high)
    slack = scaling.step[0] * (0.5 + 1e-6)
    assert (np.abs(found - context)[inside] <= slack).all()
    np.testing.assert_array_equal(found[context > high], high)
    np.testing.assert_array_equal(found[context < low], low)


@given(VALUES, DIGITS)
def test_most_of_a_context_has_codes_of_its_own(values: list[float], digits: int) -> None:
    context = np.array(values)
    scaling = scaling_of(context, digits)
    seen = context[np.isfinite(context)]

    high = scaling.decode(np.array([[10**digits - 1]]))[0, 0]

    assert (seen <= high + scaling.step[0]).mean() >= 0.5 if len(seen) else True
    assert np.isfinite(scaling.step).all()
    assert (scaling.step > 0).all()


@given(st.lists(st.integers(0, 99), max_size=30))
def test_text_of_codes_is_read_back(codes: list[int]) -> None:
    text = write(np.array(codes, np.int64), 2)

    assert len(text) == 3 * len(codes)
    assert read(text, 2).tolist() == codes


def test_numbers_have_fixed_width_and_a_separator() -> None:
    assert write(np.array([47, 112, MISSING]), 3) == "047,112,xxx,"


@pytest.mark.parametrize("text", ["47,112,", "047112,", "047,112", "04 ,112,", "x47,112,", "٠٤٧,"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="not a list of numbers of 3 digits"):
        read(text, 3)


@given(st.lists(st.integers(0, 40), min_size=4, max_size=60), DIGITS)
def test_a_day_without_sales_stays_one(sales: list[int], digits: int) -> None:
    context = np.array([*sales, 0], float)
    scaling = scaling_of(context, digits)

    found = parse(serialize(context, scaling), scaling)

    assert (found[context == 0] == 0).all()


def test_a_value_far_beyond_the_context_gets_the_last_code() -> None:
    scaling = scaling_of(np.arange(1.0, 20.0), 2)

    assert serialize(np.array([1e9 * 20, -1e9 * 20]), scaling) == "99,00,"


def test_one_huge_value_does_not_flatten_the_others() -> None:
    context = np.array([3.0, 5.0, 4.0, 6.0] * 12 + [5e9])

    codes = scaling_of(context, 2).encode(context[None])[0]

    assert codes[-1] == 99
    assert len(set(codes[:4].tolist())) == 4


@pytest.mark.parametrize(
    "context",
    [np.zeros(9), np.full(9, 5.0), np.full(9, -7.0), np.full(9, 1e-12), np.full(9, np.nan)],
    ids=["zeros", "constant", "negative", "tiny", "missing"],
)
def test_a_flat_context_is_said_within_half_a_step(context: NDArray[np.float64]) -> None:
    scaling = scaling_of(context, 2)

    found = parse(serialize(context, scaling), scaling)

    np.testing.assert_allclose(found, context, atol=float(scaling.step[0]) / 2)
    assert scaling.step[0] <= max(0.05 * float(np.nanmax(np.abs([*context, 20.0]))), 1.0)


def test_the_scale_comes_from_the_context_alone() -> None:
    context = np.arange(10.0)

    first, second = (
        fit_scaling(np.array([context, other]), 3) for other in (context, 9e9 * context)
    )

    assert first.step[0] == second.step[0]
    assert first.shift[0] == second.shift[0]
