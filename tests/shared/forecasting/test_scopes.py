import numpy as np
import pytest

from shared.forecasting import EmptyScope, Invalid, Scope
from tests.shared.forecasting.samples import filled, fit, frame, panel_of


def test_a_product_is_all_its_shops() -> None:
    panel = panel_of(frame(3, 2))

    chosen = panel.select(Scope("product", {"product_id": "P1"}))

    assert [keys["store_id"] for keys in chosen.keys] == ["S0", "S1", "S2"]
    place = panel.find({"store_id": "S2", "product_id": "P1"})
    np.testing.assert_array_equal(chosen.values(2), panel.values(place))
    assert chosen.end(2) == panel.end(place)


def test_everything_is_the_panel_itself() -> None:
    panel = panel_of(frame())

    assert panel.select(Scope()) is panel


def test_a_total_is_the_sum_of_its_series() -> None:
    data = frame(3, 2)
    panel = panel_of(data)

    total = panel.select(Scope("product", {"product_id": "P1"}, total=True))

    expected = data[data["product_id"] == "P1"].groupby("date")["sales"].sum()
    np.testing.assert_allclose(total.values(0), expected)
    assert total.keys == [{"product_id": "P1"}]
    assert total.find({"product_id": "P1"}) == 0


def test_the_total_of_everything_has_no_ids() -> None:
    total = panel_of(frame()).select(Scope(total=True))

    assert total.keys == [{}]
    assert total.find({}) == 0


def test_a_total_of_a_level_is_a_series_for_each_id_of_it() -> None:
    data = frame(3, 2)
    late = (data["store_id"] == "S2") & (data["date"] < data["date"][50])
    panel = panel_of(data[~late])

    totals = panel.select(Scope("product", total=True))

    assert totals.keys == [{"product_id": "P0"}, {"product_id": "P1"}]
    for place, product in enumerate(("P0", "P1")):
        alone = panel.select(Scope("product", {"product_id": product}, total=True))
        assert totals.find({"product_id": product}) == place
        np.testing.assert_array_equal(totals.values(place), alone.values(0))
        rows = slice(*totals.offsets[place : place + 2])
        np.testing.assert_array_equal(totals.known_values[rows], alone.known_values)
        np.testing.assert_array_equal(totals.past_values[rows], alone.past_values)
    assert totals.static == ("category",)  # of a product it is the same in all shops


def test_of_a_level_only_what_is_the_same_within_each_sum_stays_static() -> None:
    totals = panel_of(frame(3, 2)).select(Scope("store", total=True))

    assert [keys["store_id"] for keys in totals.keys] == ["S0", "S1", "S2"]
    assert totals.static == ()


def test_totals_of_a_level_are_learned_and_forecast_each_by_itself() -> None:
    panel, scope = panel_of(frame(3, 2)), Scope("product", total=True)

    model = fit(panel, "lightgbm", scope=scope)
    again = panel.select(Scope(**model.manifest.scope.model_dump()))
    forecast = model.forecast(filled(again))

    usual = np.array([again.values(place)[-28:].mean() for place in range(2)])
    np.testing.assert_allclose(forecast.mean.mean(1), usual, rtol=0.3)


def test_a_level_that_the_data_has_no_column_for_is_refused() -> None:
    with pytest.raises(Invalid, match="no id column 'series_id' to sum to") as refused:
        panel_of(frame()).select(Scope("series", total=True))

    assert refused.value.field == "/scope/level"


def test_covariates_of_a_total_are_means_over_its_series() -> None:
    data = frame(2, 1)

    total = panel_of(data).select(Scope(total=True))

    expected = data.groupby("date")["promotion"].mean()
    np.testing.assert_allclose(total.known_values[:, 0], expected)


def test_a_missing_value_does_not_lower_the_total() -> None:
    data = frame(3, 1)
    data["sales"] = 10.0
    data.loc[5, "sales"] = np.nan

    total = panel_of(data).select(Scope(total=True))

    np.testing.assert_allclose(total.values(0), 30.0)


def test_a_total_is_missing_where_most_of_it_is() -> None:
    data = frame(3, 1)
    data.loc[data["date"] == data["date"][5], "sales"] = np.nan

    total = panel_of(data).select(Scope(total=True))

    assert np.flatnonzero(np.isnan(total.values(0))).tolist() == [5]


def test_series_that_begin_later_join_the_total_then() -> None:
    data = frame(2, 1)
    data["sales"] = 1.0
    late = (data["store_id"] == "S1") & (data["date"] < data["date"][50])

    total = panel_of(data[~late]).select(Scope(total=True))

    np.testing.assert_allclose(total.values(0), np.repeat([1.0, 2.0], [50, 70]))


def test_a_scope_without_series_is_refused() -> None:
    with pytest.raises(EmptyScope, match="No series matches product_id P9") as refused:
        panel_of(frame()).select(Scope("product", {"product_id": "P9"}))

    assert refused.value.field == "/scope"


def test_a_narrow_scope_without_ids_is_refused() -> None:
    with pytest.raises(Invalid, match="needs the id to choose"):
        panel_of(frame()).select(Scope("store"))


def test_a_column_that_is_no_id_is_refused() -> None:
    with pytest.raises(Invalid, match="no id column 'colour'") as refused:
        panel_of(frame()).select(Scope("series", {"colour": "red"}))

    assert refused.value.field == "/scope/colour"
