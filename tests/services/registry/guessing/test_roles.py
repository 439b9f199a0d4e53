"""What a person would make of columns: which one is the date, which names the series, and so on."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from services.registry.guessing.words import sounds_personal
from shared.contracts.datasets import Mapping, Preview
from tests.services.registry.reading.read import preview_of

DAYS = [str(dt.date(2024, 1, 1) + dt.timedelta(days=i)) for i in range(30)]


def seen(folder: Path, names: str, rows: Iterable[tuple[Any, ...]]) -> Preview:
    lines = [names, *(",".join(map(str, row)) for row in rows)]
    return preview_of(folder, ("\n".join(lines) + "\n").encode())


def mapped(folder: Path, names: str, rows: Iterable[tuple[Any, ...]]) -> Mapping:
    preview = seen(folder, names, rows)
    assert preview.mapping is not None, preview.findings
    assert preview.rows, preview.findings
    return preview.mapping


@pytest.mark.parametrize("name", ["temp", "price", "visits", "humidity", "库存", "cpi", "foo"])
def test_the_only_number_is_the_target(name: str, tmp_path: Path) -> None:
    rows = [(day, i * 1.5) for i, day in enumerate(DAYS)]

    assert mapped(tmp_path, f"date,{name}", rows).target == name


def test_of_several_measurements_the_one_that_is_always_there_is_proposed(tmp_path: Path) -> None:
    rows = [("S1", day, "NA" if i < 20 else i, 20 + i, 2.5) for i, day in enumerate(DAYS)]

    mapping = mapped(tmp_path, "Store,Date,MarkDown1,Temperature,CPI", rows)

    assert (mapping.target, mapping.ids, mapping.layout) == ("Temperature", ["Store"], "long")


def test_yes_and_no_is_nothing_to_forecast(tmp_path: Path) -> None:
    preview = seen(tmp_path, "date,transferred", [(day, i % 2 == 0) for i, day in enumerate(DAYS)])

    assert preview.mapping is None
    assert "say which one it is" in preview.findings[0].detail


@pytest.mark.parametrize(
    ("row", "ids"),
    [
        (lambda i, day: (day, i), []),
        (lambda i, day: (i * 2.5, day), []),
        (lambda i, day: (day, "north" if i % 2 else "south", i), ["column_2"]),
        (lambda i, day: (day, 100 + i % 2, i * 1.5), ["column_2"]),
    ],
)
def test_columns_without_names_are_understood_by_their_values(
    row: Any, ids: list[str], tmp_path: Path
) -> None:
    days = [DAYS[i // 2] for i in range(60)] if ids else DAYS
    rows = [row(i, day) for i, day in enumerate(days)]
    lines = "\n".join(",".join(map(str, cells)) for cells in rows)

    preview = preview_of(tmp_path, lines.encode())

    assert preview.mapping is not None
    assert preview.mapping.ids == ids
    dates = [isinstance(cell, str) and cell.startswith("2024") for cell in rows[0]]
    assert preview.mapping.date == f"column_{dates.index(True) + 1}"
    assert preview.mapping.target not in (*ids, preview.mapping.date)


def test_a_name_that_no_list_knows_names_the_series_where_dates_repeat(tmp_path: Path) -> None:
    rows = [(day, kind, i) for i, day in enumerate(DAYS) for kind in ("ab", "cd", "ef")]

    mapping = mapped(tmp_path, "date,zustellart,sales", rows)

    assert mapping.ids == ["zustellart"]
    assert mapping.fixes == {}


def test_two_names_that_no_list_knows_name_the_series_together(tmp_path: Path) -> None:
    rows = [(d, z, k, i) for i, d in enumerate(DAYS) for z in ("ab", "cd") for k in ("ef", "gh")]

    mapping = mapped(tmp_path, "date,zustellart,kanalart,sales", rows)

    assert (mapping.ids, mapping.fixes) == (["zustellart", "kanalart"], {})


def test_a_shortened_month_is_nothing_to_forecast(tmp_path: Path) -> None:
    rows = [(day, 2024, 1 + i // 15, i * 7 % 40) for i, day in enumerate(DAYS)]

    assert mapped(tmp_path, "dteday,yr,mnth,foo", rows).target == "foo"


@pytest.mark.parametrize(
    "products", [["P001", "P002", "P003"], ["苹果", "香蕉", "梨"], ["apples", "pears", "plums"]]
)
def test_products_side_by_side_are_melted_beside_the_shop(
    products: list[str], tmp_path: Path
) -> None:
    rows = [(d, s, i, i + 1, i + 2) for i, d in enumerate(DAYS) for s in ("S1", "S2")]

    mapping = mapped(tmp_path, ",".join(["date", "store", *products]), rows)

    assert (mapping.layout, mapping.values, mapping.ids) == ("wide", products, ["store"])


@pytest.mark.parametrize("name", ["合计", "Total", "总计", "everything"])
def test_a_total_beside_products_is_no_product(name: str, tmp_path: Path) -> None:
    rows = [(d, i, i + 1, i + 2, i * i, i * i + 3 * i + 3) for i, d in enumerate(DAYS)]

    mapping = mapped(tmp_path, f"date,apples,pears,plums,figs,{name}", rows)

    assert (mapping.layout, mapping.values) == ("wide", ["apples", "pears", "plums", "figs"])


def test_one_kind_of_sales_in_each_column_is_melted(tmp_path: Path) -> None:
    rows = [(day, i, i + 1, i + 2) for i, day in enumerate(DAYS)]

    mapping = mapped(tmp_path, "date,sales_north,sales_south,sales_west", rows)

    assert mapping.values == ["sales_north", "sales_south", "sales_west"]


def test_different_measures_beside_an_id_are_no_products(tmp_path: Path) -> None:
    rows = [(d, s, i, 1000 * i, 5) for i, d in enumerate(DAYS, 1) for s in ("S1", "S2")]

    assert mapped(tmp_path, "date,store,abc,def,temperature", rows).layout == "long"


ROSSMANN = (
    "Store,DayOfWeek,Date,Sales,Customers,Open,Promo,StateHoliday,SchoolHoliday,StoreType,"
    "Assortment,CompetitionDistance,CompetitionOpenSinceMonth,CompetitionOpenSinceYear,Promo2"
)


def rossmann() -> list[tuple[Any, ...]]:
    return [
        (s, i % 7, day, 5000 + i * s, 500 + i, 1, i % 2, 0, 0, "abc"[s], "a", 570, 9, 2006 + s, 1)
        for s in range(3)
        for i, day in enumerate(DAYS)
    ]


def test_the_year_of_an_opening_is_no_date(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, ROSSMANN, rossmann())

    assert (mapping.date, mapping.target, mapping.ids) == ("Date", "Sales", ["Store"])
    assert "Customers" in mapping.past


def test_shops_without_a_date_have_no_mapping(tmp_path: Path) -> None:
    names = "Store,StoreType,CompetitionDistance,CompetitionOpenSinceYear,Sales"
    rows = [(i, "ab"[i % 2], 100 * i, 1999 + i, i) for i in range(1, 20)]

    preview = seen(tmp_path, names, rows)

    assert preview.mapping is None
    assert "No column looks like the date" in preview.findings[0].detail


def test_a_year_alone_is_the_date(tmp_path: Path) -> None:
    rows = [(1960 + i, 100 + i * i) for i in range(60)]

    assert mapped(tmp_path, "year,gdp", rows).date == "year"


def test_an_id_that_only_repeats_the_others_is_left_out(tmp_path: Path) -> None:
    rows = [(d, s, p, f"{s}/{p}", i) for i, d in enumerate(DAYS) for s in "AB" for p in "XY"]

    assert mapped(tmp_path, "date,store,product,my_series_id,sales", rows).ids == [
        "store",
        "product",
    ]


@pytest.mark.parametrize(
    ("name", "gaps"),
    [("temperature", "missing"), ("exchange_rate", "missing"), ("sales", "zero"), ("销量", "zero")],
)
def test_only_what_is_sold_is_nothing_where_no_row_is(name: str, gaps: str, tmp_path: Path) -> None:
    rows = [(day, 20.5 + i) for i, day in enumerate(DAYS) if i % 5]

    assert mapped(tmp_path, f"date,{name}", rows).gaps == gaps


PERSONAL = [
    "card", "card_no", "cardNumber", "bank_card", "CustomerID", "customer name", "phone", "Mobile",
    "e-mail", "EmailAddress", "home_address", "patient", "社保卡号", "社保号", "会员卡号", "会员号",
    "手机号", "联系电话", "身份证", "客户姓名", "收货地址", "id_card",
]  # fmt: skip
HARMLESS = [
    "customers", "discard", "cardboard", "store_address", "store_phone", "客户数", "会员价",
    "门店地址", "顾客数量", "customer_count",
    "card_sales", "retail_disc", "automobile", "客流", "member_price",
]  # fmt: skip


@pytest.mark.parametrize("name", PERSONAL)
def test_names_of_personal_data_are_known(name: str) -> None:
    assert sounds_personal(name)


@pytest.mark.parametrize("name", HARMLESS)
def test_names_of_figures_and_shops_are_not_personal(name: str) -> None:
    assert not sounds_personal(name)
