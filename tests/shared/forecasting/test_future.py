from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shared.forecasting import FittedModel, Invalid, InvalidFuture, MissingFuture, Panel
from shared.forecasting.future import horizon_values
from tests.shared.forecasting.samples import HORIZON, fit, frame, panel_of

Fitted = Callable[[str], FittedModel]
FIRST = {"store_id": "S0", "product_id": "P0", "date": "2024-04-30"}


def test_each_missing_value_of_the_horizon_is_named(panel: Panel, fitted: Fitted) -> None:
    model = fitted("lstm")

    gaps = model.gaps(panel, [1, 2], 3)

    assert len(gaps) == 2 * 3 * 2
    assert gaps[0].keys == {"store_id": "S0", "product_id": "P1"}
    assert gaps[0].date == np.datetime64("2024-04-30")
    assert {gap.column for gap in gaps} == {"promotion", "price"}
    with pytest.raises(MissingFuture, match="12 future values") as refused:
        model.forecast(panel, series=[1, 2], horizon=3)
    assert [gap.column for gap in refused.value.gaps] == [gap.column for gap in gaps]


def test_given_rows_close_the_gaps(panel: Panel, fitted: Fitted) -> None:
    rows = [{**FIRST, "promotion": True, "price": 8.5}]

    ready = panel.with_future(rows)

    assert fitted("lstm").gaps(ready, [0], 1) == []
    assert len(fitted("lstm").gaps(ready, [0], 2)) == 2
    assert len(fitted("lstm").gaps(panel, [0], 1)) == 2


def test_future_values_change_the_forecast(panel: Panel) -> None:
    model = fit(panel, "lstm", max_epochs=12, batches_per_epoch=20, hidden_size=16)
    fill = {"price": "last"}

    quiet = model.forecast(panel.with_future([], {**fill, "promotion": "zero"}), series=[3])
    rows = [
        {"store_id": "S1", "product_id": "P1", "promotion": 1}
        | {"date": panel.to_date(panel.end(3) + step).item(), "price": 8.0}
        for step in range(1, HORIZON + 1)
    ]
    loud = model.forecast(panel.with_future(rows), series=[3])

    assert loud.total_mean[0] > 1.2 * quiet.total_mean[0]


@pytest.mark.parametrize(("policy", "price"), [("last", 10.0), ("zero", 0.0), ("mean", 9.8)])
def test_a_policy_fills_what_is_missing(policy: str, price: float) -> None:
    data = frame(1, 1)
    data["price"] = [8.0] * 12 + [10.0] * 108
    panel = panel_of(data).with_future([{**FIRST, "promotion": 1}], {"price": policy})

    values = horizon_values(panel, 0, panel.end(0) + 1, 2)

    np.testing.assert_allclose(values[:, 1], price)
    assert values[0, 0] == 1
    assert np.isnan(values[1, 0])


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ({"store_id": "S0"}, "/future/0/date", "no date"),
        ({"store_id": "S0", "date": "2024-05-01"}, "/future/0/product_id", "no 'product_id'"),
        ({**FIRST, "store_id": "S9"}, "/future/0", "no series"),
        ({**FIRST, "date": "soon"}, "/future/0/date", "not a date"),
        ({**FIRST, "date": "2024-05-01 05:00"}, "/future/0/date", "not a date"),
        ({**FIRST, "weather": 1}, "/future/0/weather", "not a covariate known in advance"),
        ({**FIRST, "price": "cheap"}, "/future/0/price", "must be a number"),
        ({**FIRST, "price": float("nan")}, "/future/0/price", "must be a number"),
        ({**FIRST, "price": None}, "/future/0/price", "must be a number"),
    ],
)
def test_a_bad_row_is_refused_with_its_column(
    panel: Panel, row: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidFuture, match=words) as refused:
        panel.with_future([row])

    assert refused.value.field == field


def test_an_unknown_policy_or_column_is_refused(panel: Panel) -> None:
    with pytest.raises(Invalid, match="no fill policy"):
        panel.with_future([], {"price": "guess"})
    with pytest.raises(Invalid, match="'visitors' is not a covariate known in advance"):
        panel.with_future([], {"visitors": "zero"})


def test_text_covariates_are_known_by_their_labels() -> None:
    data = frame(1, 1)
    data["holiday"] = ["none", "new year"] * 60
    panel = panel_of(data, known=("holiday",))
    model = fit(panel, "lstm")

    ready = panel.with_future(
        [
            {**FIRST, "holiday": "new year"},
            {**FIRST, "date": "2024-05-01", "holiday": "never heard of"},
        ],
        {"holiday": "last"},
    )

    assert np.isfinite(model.forecast(ready).quantiles).all()
