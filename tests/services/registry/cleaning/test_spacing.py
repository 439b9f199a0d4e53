"""How far apart the rows of each series lie, in whatever order and blocks they come."""

import numpy as np
import pytest

from services.registry.cleaning import spacing
from services.registry.cleaning.frequency import DAY, WEEK
from services.registry.cleaning.spacing import own_steps

DAYS = 60
MOMENTS = np.arange(10 * DAYS) * DAY  # many more than the rows have: their table would be empty
DAILY, WEEKLY, SHORT = np.arange(DAYS), np.arange(0, DAYS, 7), np.array([3, 5])


def _rows() -> tuple[np.ndarray, np.ndarray]:
    """Return dates and series of a daily, a weekly, a short and a lone one, in order."""
    parts = [DAILY, WEEKLY, SHORT, np.array([9])]
    series = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.concatenate(parts).astype(np.int32), series.astype(np.int32)


@pytest.mark.parametrize("block", [1, 2, 7, 1 << 18])
@pytest.mark.parametrize("dense", [0, spacing.DENSE])
@pytest.mark.parametrize("order", ["in order", "shuffled", "twice"])
def test_steps_do_not_depend_on_the_order_and_the_blocks_of_rows(
    monkeypatch: pytest.MonkeyPatch, block: int, dense: int, order: str
) -> None:
    monkeypatch.setattr(spacing, "_BLOCK", block)
    monkeypatch.setattr(spacing, "DENSE", dense)
    dates, series = _rows()
    if order == "twice":
        dates, series = np.tile(dates, 2), np.tile(series, 2)
    if order != "in order":
        mixed = np.random.default_rng(0).permutation(len(dates))
        dates, series = dates[mixed], series[mixed]

    own, steps = own_steps(MOMENTS, dates, series, 4)

    assert own.tolist() == [DAY, WEEK, 0, 0]
    assert steps.sizes.tolist() == [DAY, 2 * DAY, WEEK]
    assert steps.counts.tolist() == [DAYS - 1, 1, len(WEEKLY) - 1]


def test_lone_rows_have_no_steps() -> None:
    own, steps = own_steps(MOMENTS, np.array([1, 2], np.int32), np.array([0, 1], np.int32), 2)

    assert own.tolist() == [0, 0]
    assert not len(steps.sizes)
