"""Public holidays: a known covariate whose future nobody has to give."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shared.forecasting import Fitting, Invalid, Panel, Recipe, load
from shared.forecasting.frequency import Frequency
from shared.forecasting.holidays import counted, with_holidays
from tests.shared.forecasting.samples import filled, quick, series_panel


def counts(frequency: str, first: str, periods: int, country: str = "CN") -> list[float]:
    clock = Frequency.parse(frequency)
    dates = pd.date_range(first, periods=periods, freq=frequency).to_numpy("datetime64[us]")
    clock = clock.aligned(dates[0])
    found: list[float] = counted(clock, country, clock.to_periods(dates)).tolist()
    return found


def sales(days: int = 900) -> Panel:
    """Return sales that fall to a tenth on the holidays of China."""
    calm = series_panel(np.full(days, 100.0), start="2023-01-01")
    closed = counted(calm.clock, "CN", np.arange(calm.begin(0), calm.end(0) + 1))
    noise = np.random.default_rng(0).normal(0, 1, days)
    return series_panel(np.where(closed > 0, 10.0, 100.0) + noise, start="2023-01-01")


def test_a_day_is_a_holiday_or_not() -> None:
    assert counts("D", "2024-02-08", 4) == [0, 0, 1, 1]  # New Year's Day of 2024: 10 February


def test_an_hour_is_as_its_day_is() -> None:
    assert counts("h", "2024-12-31 22:00", 4) == [0, 0, 1, 1]


def test_weeks_months_and_quarters_count_their_holidays() -> None:
    days = sum(counts("D", "2024-10-01", 31))

    assert counts("MS", "2024-10-01", 1) == counts("ME", "2024-10-31", 1) == [days]
    assert counts("QE", "2024-12-31", 1) == [sum(counts("D", "2024-10-01", 92))]
    assert counts("W-SUN", "2024-10-06", 1) == [sum(counts("D", "2024-09-30", 7))]


def test_a_forecast_looks_ahead_to_holidays_by_itself(tmp_path: Path) -> None:
    panel = sales(637)  # ends on 28 September 2024
    fitting = Fitting(panel, Recipe("lightgbm", 14, 28, quick("lightgbm", trees=80), holidays="CN"))
    for _ in fitting.epochs():
        pass
    fitting.finish().save(tmp_path)

    model = load(tmp_path)
    forecast = model.forecast(panel)

    closed = counted(panel.clock, "CN", panel.end(0) + 1 + np.arange(14)) > 0
    assert model.manifest.holidays == "CN"
    assert closed.any()
    assert forecast.mean[0, closed].mean() < 0.7 * forecast.mean[0, ~closed].mean()


def test_holidays_leave_no_gap_beside_covariates_that_do(panel: Panel) -> None:
    fitting = Fitting(panel, Recipe("lstm", 7, None, quick("lstm"), holidays="CN"))
    for _ in fitting.epochs():
        pass
    model = fitting.finish()

    gaps = {gap.column for gap in model.gaps(panel)}
    forecast = model.forecast(filled(panel))

    assert gaps == {"promotion", "price"}
    assert np.isfinite(forecast.quantiles).all()


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("XX", "No holidays are known of 'XX'"),
        ("China", "two letters"),
        ("DE-QQ", "DE has no part 'QQ', only BB"),
    ],
)
def test_a_country_without_holidays_is_refused(country: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        with_holidays(series_panel(np.arange(30.0)), country)

    assert refused.value.field == "/holidays"


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    assert counts("D", "2024-01-06", 1, "DE") == [0]
    assert counts("D", "2024-01-06", 1, "DE-BY") == [1]
