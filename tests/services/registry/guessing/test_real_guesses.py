"""Real files through the preview into a dataset by its own mapping, as a click on Store does."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from services.registry.cleaning import clean
from services.registry.guessing.preview import preview
from services.registry.reading import files
from shared.contracts.datasets import Preview, Reading
from shared.kit.storage import BlobStore

DATA = Path(__file__).parents[5] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real files is absent")
LIMIT = 4 << 30


@dataclass(frozen=True)
class Sensible:
    """What a person would make of a file."""

    target: str
    ids: list[str]
    frequency: str
    series: int
    layout: str = "long"


PANEL = ["store_id", "product_id"]
ONE = ["series_id"]
GUESSES = {
    "pharma_daily.parquet": Sensible("sales", PANEL, "D", 8),
    "pharma_hourly.parquet": Sensible("sales", PANEL, "h", 8),
    "chaoyang_pharmacy_daily.parquet": Sensible("sales", PANEL, "D", 85),
    "store_item_demand_daily.parquet": Sensible("sales", PANEL, "D", 500),
    "walmart_store_dept_weekly.parquet": Sensible("sales", PANEL, "W-FRI", 3331),
    "complete_journey_daily.parquet": Sensible("sales", PANEL, "D", 1600),
    "complete_journey_sku_weekly.parquet": Sensible("sales", PANEL, "W-MON", 3078),
    "avocado_weekly.parquet": Sensible("sales", PANEL, "W-SUN", 108),
    "favorita_store_family_daily.parquet": Sensible("sales", PANEL, "D", 15),
    "aus_retail_monthly.parquet": Sensible("sales", PANEL, "MS", 152),
    "m4_hourly.parquet": Sensible("value", ONE, "h", 414),
    "ett_hourly.parquet": Sensible("value", ONE, "h", 2),
    "exchange_rate_daily.parquet": Sensible("value", ONE, "D", 8),
    "nyc_taxi_halfhourly.parquet": Sensible("value", ONE, "30min", 1),
    "air_quality_valencia_hourly.parquet": Sensible("value", ONE, "h", 1),
    "raw/pharma_salesdaily_semicolon.csv": Sensible("value", [], "D", 8, "wide"),
    "raw/pharma_salesdaily_mixed_dates.csv": Sensible("value", [], "D", 8, "wide"),
    "raw/catering_sale_gbk.csv": Sensible("销量", [], "D", 1),
    "raw/avocado_index_col.csv": Sensible("Total Volume", ["type", "region"], "W-SUN", 108),
    "raw/walmart_features_NA.csv": Sensible("Temperature", ["Store"], "W-FRI", 45),
    "raw/online_retail_2011-11-24.csv": Sensible("Quantity", ["StockCode", "Country"], "h", 1826),
    "raw/朝阳医院2018年销售数据_cards_masked.xlsx": Sensible("销售数量", ["商品编码"], "D", 85),
}
# Series of several frequencies, and holidays without a number: a person has to choose.
UNDECIDED = {"classic_univariate.parquet", "raw/favorita_holidays_events.csv"}


def look(name: str, store: BlobStore) -> Preview:
    return preview(files.sample(DATA / name, Reading(), store, LIMIT), Reading())


@pytest.mark.parametrize(("name", "sensible"), GUESSES.items(), ids=GUESSES.keys())
def test_the_mapping_of_the_preview_makes_the_dataset_that_a_person_wants(
    name: str, sensible: Sensible, tmp_path: Path
) -> None:
    store = BlobStore(tmp_path)
    seen = look(name, store)
    mapping = seen.mapping
    assert mapping is not None

    panel, _, _ = clean.clean(files.read(DATA / name, mapping, store, LIMIT), mapping, "real")

    assert (
        Sensible(mapping.target, mapping.ids, panel.grid.alias, panel.count, mapping.layout)
        == sensible
    )
    assert seen.frequency == sensible.frequency
    assert seen.rows[0]["date"]
    assert not any(f.fix == "refuse" for f in seen.findings)


def test_a_file_without_a_number_asks_for_one(tmp_path: Path) -> None:
    seen = look("raw/favorita_holidays_events.csv", BlobStore(tmp_path))

    assert seen.mapping is None
    assert "say which one it is" in seen.findings[0].detail


def test_every_real_file_is_looked_at() -> None:
    names = {p.relative_to(DATA).as_posix() for p in (*DATA.glob("*.parquet"), *DATA.glob("raw/*"))}

    assert names <= GUESSES.keys() | UNDECIDED
