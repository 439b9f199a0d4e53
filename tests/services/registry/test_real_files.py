"""Files as people really have them: each must end as a correct dataset."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.registry.cleaning import clean
from services.registry.reading import files
from shared.contracts.datasets import Mapping
from shared.kit.storage import BlobStore

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real files is absent")
PANEL = {"date": "date", "target": "sales", "ids": ["store_id", "product_id"]}
SERIES = {"date": "date", "target": "value", "ids": ["series_id"]}
WIDE = {
    "date": "datum",
    "target": "sales",
    "layout": "wide",
    "values": ["M01AB", "M01AE", "N02BA", "N02BE", "N05B", "N05C", "R03", "R06"],
    "series": "product_id",
}
LIMIT = 4 << 30


@dataclass(frozen=True)
class Real:
    """A real file, how it is mapped, and what must come of it."""

    file: str
    mapping: dict[str, Any]
    frequency: str
    series: int
    start: str
    end: str
    total: float
    findings: dict[str, int] = field(default_factory=dict)


REAL = [
    Real(
        "pharma_daily.parquet",
        PANEL,
        "D",
        8,
        "2014-01-02",
        "2019-10-08",
        127595.50368748402,
        {"outliers": 4},
    ),
    Real(
        "pharma_hourly.parquet",
        PANEL,
        "h",
        8,
        "2014-01-02",
        "2019-10-08",
        127595.50368763201,
        {"outliers": 2630},
    ),
    Real(
        "chaoyang_pharmacy_daily.parquet",
        PANEL | {"past": ["amount_paid"], "static": ["product_name"]},
        "D",
        85,
        "2018-01-01",
        "2018-07-19",
        15623.0,
        {
            "short_series": 4,
            "missing_dates": 10956,
            "negative_values": 10,
            "outliers": 183,
            "dead_series": 5,
        },
    ),
    Real(
        "store_item_demand_daily.parquet",
        PANEL,
        "D",
        500,
        "2013-01-01",
        "2017-12-31",
        47704512.0,
        {},
    ),
    Real(
        "walmart_store_dept_weekly.parquet",
        PANEL
        | {"known": ["is_holiday"], "past": ["temperature", "markdown1"], "static": ["store_type"]},
        "W-FRI",
        3331,
        "2010-02-05",
        "2012-10-26",
        6737218987.110001,
        {"short_series": 238, "missing_dates": 27667, "negative_values": 1285, "outliers": 1477},
    ),
    Real(
        "complete_journey_daily.parquet",
        PANEL,
        "D",
        1600,
        "2017-01-01",
        "2017-12-31",
        576991.0,
        {"outliers": 3387, "leading_zeros": 19, "dead_series": 1},
    ),
    Real(
        "complete_journey_sku_weekly.parquet",
        PANEL | {"known": ["on_display"], "static": ["brand"]},
        "W-MON",
        3078,
        "2017-01-02",
        "2017-12-18",
        197303.0,
        {"short_series": 3078},
    ),
    Real(
        "avocado_weekly.parquet",
        PANEL | {"known": ["average_price"], "gaps": "missing"},
        "W-SUN",
        108,
        "2015-01-04",
        "2018-03-25",
        15523402593.400002,
        {"missing_dates": 3, "outliers": 26},
    ),
    Real(
        "favorita_store_family_daily.parquet",
        PANEL
        | {
            "known": ["onpromotion", "national_holiday"],
            "past": ["transactions"],
            "gaps": "closed",
        },
        "D",
        15,
        "2013-01-01",
        "2017-08-15",
        131410919.51789999,
        {"missing_dates": 60, "outliers": 8},
    ),
    Real(
        "aus_retail_monthly.parquet",
        PANEL,
        "MS",
        152,
        "1982-04-01",
        "2018-12-01",
        11212944.4,
        {"dead_series": 2},
    ),
    Real(
        "m4_hourly.parquet",
        SERIES,
        "h",
        414,
        "2009-06-01",
        "2017-12-12",
        2127339749.3000002,
        {"outliers": 482, "dead_series": 324},
    ),
    Real(
        "ett_hourly.parquet",
        SERIES | {"past": ["hufl"]},
        "h",
        2,
        "2016-07-01",
        "2018-06-26",
        695651.1071821069,
        {"negative_values": 171},
    ),
    Real(
        "exchange_rate_daily.parquet", SERIES, "D", 8, "1990-01-01", "2010-10-10", 42168.802545, {}
    ),
    Real(
        "nyc_taxi_halfhourly.parquet",
        SERIES,
        "30min",
        1,
        "2014-07-01",
        "2015-01-31",
        156219716.0,
        {},
    ),
    Real(
        "air_quality_valencia_hourly.parquet",
        SERIES,
        "h",
        1,
        "2019-01-01",
        "2023-12-31",
        405440.0,
        {"outliers": 33},
    ),
    Real(
        "classic_univariate.parquet",
        SERIES | {"frequency": "MS", "fixes": {"mixed_frequency": "drop"}},
        "MS",
        8,
        "1749-01-01",
        "2017-09-01",
        4795018.79554108,
        {"mixed_frequency": 7, "dead_series": 1},
    ),
    Real(
        "raw/pharma_salesdaily_semicolon.csv",
        WIDE,
        "D",
        8,
        "2014-01-02",
        "2019-10-08",
        127595.50368748402,
        {"date_order": 1, "outliers": 4},
    ),
    Real(
        "raw/pharma_salesdaily_mixed_dates.csv",
        WIDE,
        "D",
        8,
        "2014-01-02",
        "2019-10-08",
        127595.50368748402,
        {"date_order": 1, "outliers": 4},
    ),
    Real(
        "raw/catering_sale_gbk.csv",
        {"date": "日期", "target": "销量", "gaps": "missing"},
        "D",
        1,
        "2014-08-02",
        "2015-03-01",
        551042.94,
        {"missing_values": 1, "missing_dates": 11, "outliers": 5},
    ),
    Real(
        "raw/avocado_index_col.csv",
        {
            "date": "Date",
            "target": "Total Volume",
            "ids": ["region", "type"],
            "past": ["4046"],
            "gaps": "missing",
        },
        "W-SUN",
        108,
        "2015-01-04",
        "2018-03-25",
        15523402593.400002,
        {"missing_dates": 3, "outliers": 26},
    ),
    Real(
        "raw/walmart_features_NA.csv",
        {
            "date": "Date",
            "target": "Fuel_Price",
            "ids": ["Store"],
            "known": ["IsHoliday"],
            "past": ["MarkDown1"],
        },
        "W-FRI",
        45,
        "2010-02-05",
        "2013-07-26",
        27895.073,
        {},
    ),
    Real(
        "raw/favorita_holidays_events.csv",
        {
            "date": "date",
            "target": "transferred",
            "ids": ["locale_name"],
            "fixes": {"duplicate_rows": "sum"},
        },
        "D",
        24,
        "2012-03-02",
        "2017-12-26",
        12.0,
        {
            "duplicate_rows": 7,
            "missing_dates": 43759,
            "leading_zeros": 4,
            "dead_series": 20,
            "constant_series": 19,
        },
    ),
    Real(
        "raw/online_retail_2011-11-24.csv",
        {
            "date": "InvoiceDate",
            "target": "Quantity",
            "ids": ["StockCode"],
            "frequency": "h",
            "fixes": {"duplicate_rows": "sum"},
        },
        "h",
        1528,
        "2011-11-24",
        "2011-11-24",
        23743.0,
        {
            "duplicate_rows": 794,
            "short_series": 1528,
            "off_grid": 3762,
            "missing_dates": 2543,
            "negative_values": 45,
            "constant_series": 4,
        },
    ),
    Real(
        "raw/朝阳医院2018年销售数据_cards_masked.xlsx",
        {
            "date": "购药时间",
            "target": "销售数量",
            "ids": ["商品编码"],
            "fixes": {"duplicate_rows": "sum", "invalid_dates": "drop"},
        },
        "D",
        85,
        "2018-01-01",
        "2018-07-19",
        15623.0,
        {
            "invalid_dates": 23,
            "duplicate_rows": 2758,
            "short_series": 4,
            "blank_rows": 2,
            "wrong_weekdays": 201,
            "missing_dates": 10956,
            "negative_values": 10,
            "outliers": 183,
            "dead_series": 5,
        },
    ),
]


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


@pytest.mark.parametrize("real", REAL, ids=lambda real: real.file)
def test_it_becomes_a_correct_dataset(real: Real, store: BlobStore, tmp_path: Path) -> None:
    mapping = Mapping.model_validate(real.mapping)
    source = files.read(DATA / real.file, mapping, store, LIMIT)

    panel, statistics, report = clean.clean(source, mapping, "real")
    facts = clean.store(panel, statistics, report, mapping, tmp_path / "p", tmp_path / "i")

    assert (facts.frequency, facts.series_count) == (real.frequency, real.series)
    assert [str(np.datetime64(m, "us"))[:10] for m in (facts.start, facts.end)] == [
        real.start,
        real.end,
    ]
    assert np.nansum(panel.target) == pytest.approx(real.total, rel=1e-9)
    assert {f.code: f.count for f in report.findings()} == real.findings
