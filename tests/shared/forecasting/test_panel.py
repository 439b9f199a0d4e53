from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from shared.forecasting import InvalidPanel, Panel, SeriesNotFound, arrow
from tests.shared.forecasting.samples import frame, panel_of, series_panel


def read(data: pd.DataFrame, frequency: str = "D") -> Panel:
    return panel_of(data, known=(), past=(), static=(), frequency=frequency)


def test_series_are_read_with_their_ids_dates_and_values() -> None:
    data = frame()
    panel = panel_of(data)

    place = panel.find({"store_id": "S1", "product_id": "P0"})
    part = data[(data["store_id"] == "S1") & (data["product_id"] == "P0")]

    assert len(panel) == 4
    assert panel.keys[place] == {"store_id": "S1", "product_id": "P0"}
    np.testing.assert_array_equal(panel.values(place), part["sales"])
    np.testing.assert_array_equal(panel.dates(place), part["date"].to_numpy("datetime64[us]"))


def test_dictionary_encoded_ids_and_several_chunks_are_read_alike() -> None:
    data = frame()
    table = pa.Table.from_pandas(data[["store_id", "product_id", "date", "sales"]])
    half = len(data) // 2
    table = pa.concat_tables([table.slice(0, half), table.slice(half)])
    encoded = table.set_column(0, "store_id", table.column("store_id").dictionary_encode())

    panel = Panel.from_arrow(
        encoded, ids=["store_id", "product_id"], date="date", target="sales", frequency="D"
    )

    assert panel.keys == panel_of(data).keys
    np.testing.assert_array_equal(panel.target, data["sales"])


def test_left_out_dates_become_missing_values() -> None:
    data = frame(1, 1, 10).drop(index=[3, 4])

    panel = read(data)

    assert np.isnan(panel.values(0)[3:5]).all()
    assert len(panel.values(0)) == 10


def test_rows_after_the_last_value_hold_covariates_only() -> None:
    data = frame(1, 1, 10)
    data.loc[7:, "sales"] = np.nan

    panel = panel_of(data)

    assert panel.to_date(panel.end(0)) == np.datetime64("2024-01-07")
    assert panel.future_end(0) == panel.end(0) + 3
    assert len(panel.values(0)) == 7


def test_periods_outside_a_series_are_missing() -> None:
    panel = series_panel([1, 2, 3])
    begin = panel.begin(0)

    values = panel.values(0, begin - 2, begin + 5)

    np.testing.assert_array_equal(values, [np.nan, np.nan, 1, 2, 3, np.nan, np.nan])


@pytest.mark.parametrize(
    "moment",
    [
        date(2024, 1, 2),
        datetime(2024, 1, 2),
        datetime(2024, 1, 2, tzinfo=UTC),
        "2024-01-02",
        np.datetime64("2024-01-02"),
        pd.Timestamp("2024-01-02"),
    ],
)
def test_a_date_in_any_form_has_a_period(moment: object) -> None:
    panel = series_panel([1, 2, 3])

    assert panel.to_period(moment) == panel.begin(0) + 1


@pytest.mark.parametrize(
    ("frequency", "start"),
    [
        ("15min", "2024-03-05 10:15"),
        ("30min", "2024-03-05"),
        ("h", "2024-02-28 20:00"),
        ("D", "2024-02-28"),
        ("B", "2024-03-01"),
        ("W-FRI", "2024-02-23"),
        ("2W-SUN", "2024-02-25"),
        ("MS", "2023-11-01"),
        ("ME", "2023-11-30"),
        ("QS-FEB", "2023-05-01"),
        ("QE-DEC", "2023-03-31"),
        ("QE-JAN", "2023-04-30"),
        ("YE-MAR", "2020-03-31"),
        ("YS", "2020-01-01"),
    ],
)
def test_dates_of_every_frequency_survive_the_way_to_periods_and_back(
    frequency: str, start: str
) -> None:
    dates = pd.date_range(start, periods=30, freq=frequency).to_numpy("datetime64[us]")

    panel = series_panel(np.arange(30.0), frequency, start)

    np.testing.assert_array_equal(panel.dates(0), dates)
    assert panel.end(0) - panel.begin(0) == 29


def test_a_series_that_is_not_there_is_named() -> None:
    panel = panel_of(frame())

    with pytest.raises(SeriesNotFound, match="no series store_id S9, product_id P0"):
        panel.find({"store_id": "S9", "product_id": "P0"})
    with pytest.raises(SeriesNotFound, match="named by store_id, product_id"):
        panel.find({"store_id": "S1"})


def test_an_unsorted_table_is_refused() -> None:
    data = frame()

    with pytest.raises(InvalidPanel, match="not sorted by store_id"):
        read(pd.concat([data, data.head(3)]))
    with pytest.raises(InvalidPanel, match="not sorted by 'date'"):
        read(frame(1, 1).iloc[::-1])


def test_two_rows_for_one_date_are_refused() -> None:
    data = frame(1, 1, 10)

    with pytest.raises(InvalidPanel, match="two rows for one date"):
        read(pd.concat([data, data.tail(1)]))


def test_an_infinite_value_is_refused_with_its_row() -> None:
    data = frame(1, 1, 10)
    data.loc[4, "sales"] = np.inf

    with pytest.raises(InvalidPanel, match="'sales' is infinite in row 4"):
        read(data)


def test_dates_between_the_steps_are_refused() -> None:
    data = frame(1, 1, 10)
    data.loc[9, "date"] = pd.Timestamp("2024-01-10 05:00")

    with pytest.raises(InvalidPanel, match="does not fit the frequency 'D'"):
        read(data)


@pytest.mark.parametrize("frequency", ["", "fortnightly", "0D", "D-", "5"])
def test_an_unknown_frequency_is_refused(frequency: str) -> None:
    with pytest.raises(InvalidPanel, match="not known"):
        read(frame(1, 1), frequency)


def test_an_empty_table_and_a_missing_column_are_refused() -> None:
    with pytest.raises(InvalidPanel, match="no rows"):
        read(frame().head(0))
    with pytest.raises(InvalidPanel, match="no column 'sales'"):
        read(frame().drop(columns="sales"))


def test_text_where_numbers_belong_is_refused() -> None:
    data = frame(1, 1, 10)
    data["date"] = "some day"

    with pytest.raises(InvalidPanel, match="holds no dates"):
        read(data)


@pytest.mark.parametrize("batch", [7, 64, 10_000])
def test_a_file_is_read_in_parts_as_if_it_were_one_table(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = frame()
    late = data[(data["date"].dt.day % 5 != 0) & (data.index % 11 != 3)]  # dates left out
    late = late.assign(kind=np.where(late["date"].dt.month == 3, "z", "a"))
    roles: dict[str, Any] = {
        "known": ("promotion", "kind"),
        "past": ("visitors",),
        "static": ("category",),
    }
    late.to_parquet(tmp_path / "sales.parquet", index=False)
    whole = panel_of(late, **roles)
    monkeypatch.setattr(arrow, "BATCH", batch)

    read = Panel.from_parquet(
        tmp_path / "sales.parquet",
        ids=["store_id", "product_id"],
        date="date",
        target="sales",
        frequency="D",
        **roles,
    )

    assert len(read.target) > len(late)
    for name, value in vars(whole).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(read, name), value, err_msg=name)
    assert (read.clock, read.id_labels, read.labels) == (
        whole.clock, whole.id_labels, whole.labels
    )  # fmt: skip


def test_a_panel_becomes_the_table_that_it_was_read_from() -> None:
    data = frame().drop(index=[5, 6, 130])
    data.loc[data["date"] > "2024-04-25", "sales"] = np.nan
    data.loc[40:50, "price"] = np.nan
    panel = panel_of(data, static=["category"])

    table = panel.to_arrow(target="sales")
    again = panel_of(table.to_pandas())

    assert table.column_names == [
        "store_id", "product_id", "date", "sales", "promotion", "price", "visitors", "category",
    ]  # fmt: skip
    assert (again.keys, again.labels, again.clock) == (panel.keys, panel.labels, panel.clock)
    for part in ("offsets", "stops", "first", "target", "known_values", "past_values"):
        np.testing.assert_array_equal(getattr(again, part), getattr(panel, part), err_msg=part)
    np.testing.assert_array_equal(again.static_values, panel.static_values)
