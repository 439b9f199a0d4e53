"""Totals by day, week and month: the calendar's own edges, and intervals from the paths."""

from datetime import date

import numpy as np
import pytest

from shared.forecasting import ForecastResult
from shared.forecasting.frequency import Frequency
from shared.forecasting.totals import spans, totals, units
from tests.shared.forecasting.samples import filled, fit, frame, panel_of


def period(clock: Frequency, text: str) -> int:
    return int(clock.to_periods(np.array([text], dtype="datetime64[us]"))[0])


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("h", ("day", "week", "month")),
        ("15min", ("day", "week", "month")),
        ("D", ("week", "month")),
        ("B", ("week", "month")),
        ("7h", ()),
        ("W", ()),
        ("MS", ()),
    ],
)
def test_a_frequency_is_summed_by_what_is_made_of_its_steps(
    alias: str, expected: tuple[str, ...]
) -> None:
    assert units(Frequency.parse(alias)) == expected


def test_weeks_begin_on_monday_and_say_how_much_of_them_the_horizon_holds() -> None:
    clock = Frequency.parse("D")
    wednesday = period(clock, "2025-01-29")

    found = spans(clock, wednesday, 14, "week")

    assert [(str(s.begin), s.first, s.steps, s.full) for s in found] == [
        ("2025-01-27", 0, 5, 7),
        ("2025-02-03", 5, 7, 7),
        ("2025-02-10", 12, 2, 7),
    ]


def test_months_are_as_long_as_in_the_calendar() -> None:
    clock = Frequency.parse("D")

    found = spans(clock, period(clock, "2024-01-31"), 31, "month")

    assert [(str(s.begin), s.steps, s.full) for s in found] == [
        ("2024-01-01", 1, 31),
        ("2024-02-01", 29, 29),
        ("2024-03-01", 1, 31),
    ]


def test_a_week_of_business_days_has_five_and_a_day_of_quarter_hours_96() -> None:
    business, quarters = Frequency.parse("B"), Frequency.parse("15min")

    assert [s.full for s in spans(business, period(business, "2025-01-29"), 5, "week")] == [5, 5]
    days = spans(quarters, period(quarters, "2025-01-29T18:00"), 48, "day")
    assert [(s.steps, s.full) for s in days] == [(24, 96), (24, 96)]


def test_the_quantiles_are_those_of_the_summed_paths() -> None:
    clock = Frequency.parse("D")
    paths = np.random.default_rng(0).normal(size=(2, 400, 10)).cumsum(2)
    start = period(clock, "2025-01-31")  # a Friday

    week = totals(paths, paths.mean(1), clock, start, (0.1, 0.9))[1]["week"]

    summed = np.stack([paths[1, :, a:b].sum(1) for a, b in ((0, 3), (3, 10))])
    np.testing.assert_allclose(week.mean, summed.mean(1))
    exact = np.quantile(summed, (0.1, 0.9), axis=1, method="hazen").T
    np.testing.assert_allclose(week.quantiles, exact)


def test_a_forecast_has_totals_that_add_up_to_the_whole() -> None:
    panel = panel_of(frame())
    result: ForecastResult = fit(panel, "lstm").forecast(filled(panel), horizon=20)

    for row, by_unit in enumerate(result.totals):
        assert set(by_unit) == {"week", "month"}
        for found in by_unit.values():
            assert found.mean.sum() == pytest.approx(result.total_mean[row])
            assert sum(span.steps for span in found.spans) == 20
            assert (np.diff(found.quantiles, axis=1) >= 0).all()
        [first, *_] = by_unit["week"].spans
        assert first.begin.astype(date).weekday() == 0
