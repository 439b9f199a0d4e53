"""Marks: days in a row with the same reason, in the history and over the horizon."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from shared.forecasting import Panel, marks


def panel(frequency: str = "D", steps: int = 30, **known: list[float]) -> Panel:
    dates = pd.date_range("2025-01-13", periods=steps, freq=frequency)
    columns: dict[str, Any] = {"store": ["S1"] * steps, "date": dates, "sales": np.arange(steps)}
    table = pa.Table.from_pandas(pd.DataFrame(columns | known), preserve_index=False)
    return Panel.from_arrow(
        table, ids=["store"], date="date", target="sales", frequency=frequency, known=list(known)
    )


def said(found: Any) -> list[tuple[str, str, str]]:
    return [(str(mark.first), str(mark.last), mark.title) for mark in found]


def test_days_in_a_row_of_a_column_make_one_mark() -> None:
    promotion = [float(day in (2, 3, 4, 20)) for day in range(30)]
    data = panel(promotion=promotion)

    found = marks(data, 0, data.begin(0), data.end(0) + 1, "")

    assert said(found) == [
        ("2025-01-15", "2025-01-17", "promotion"),
        ("2025-02-02", "2025-02-02", "promotion"),
    ]
    assert found[0].column == "promotion"


def test_a_promotion_that_is_planned_is_marked_over_the_horizon() -> None:
    data = panel(promotion=[0.0] * 30).with_future(
        [{"store": "S1", "date": "2025-02-13", "promotion": 1}], {"promotion": "zero"}
    )

    found = marks(data, 0, data.end(0) + 1, data.end(0) + 8, "")

    assert said(found) == [("2025-02-13", "2025-02-13", "promotion")]


@pytest.mark.parametrize("column", [[9.9] * 30, [1.0] * 30, [0.0] * 30, [0.0, 1.0, 2.0] * 10])
def test_a_column_that_is_not_yes_or_no_makes_no_mark(column: list[float]) -> None:
    data = panel(price=column)

    assert marks(data, 0, data.begin(0), data.end(0) + 1, "") == []


def test_holidays_are_named_in_both_languages() -> None:
    data = panel()

    found = marks(data, 0, data.begin(0), data.end(0) + 1, "CN")

    [eve, *festival] = found[:3]
    assert (str(eve.first), eve.title_zh, eve.column) == ("2025-01-28", "农历除夕", None)
    assert {(mark.title, mark.title_zh) for mark in festival} == {
        ("Chinese New Year (Spring Festival)", "春节")
    }


def test_hours_of_a_day_share_its_mark_and_weeks_have_none() -> None:
    hours = panel("h", 48, promotion=[0.0] * 24 + [1.0] * 24)
    weeks = panel("W-MON", 30, promotion=[0.0, 1.0] * 15)

    assert said(marks(hours, 0, hours.begin(0), hours.end(0) + 1, "")) == [
        ("2025-01-14", "2025-01-14", "promotion")
    ]
    assert marks(weeks, 0, weeks.begin(0), weeks.end(0) + 1, "CN") == []
