"""Generated files: whatever comes, it ends as a regular panel or as a clear refusal."""

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.cleaning import clean
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.report import Report
from services.registry.cleaning.statistics import Statistics
from services.registry.guessing.preview import guess_mapping, preview
from services.registry.reading import files
from shared.contracts.datasets import Mapping, Reading
from shared.kit.errors import AppError
from shared.kit.storage import BlobStore

CELLS = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.integers(-5, 10**12).map(str),
    st.floats().map(str),
    st.sampled_from(["", "NA", "2018-02-29", "1/2/2018", "1.234,5", "星期一", "=1+1", '"', "inf"]),
    st.text(max_size=8),
)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=12)
NAMES = st.sampled_from(["date,store,sales", "日期;销量", "a\tb", "date,value", "x"])
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "gb18030", "utf-8-sig"])
CHOICES = {
    "ragged_rows": "drop",
    "invalid_dates": "drop",
    "missing_ids": "drop",
    "text_in_numbers": "missing",
    "not_finite": "missing",
    "duplicate_rows": "sum",
}
relaxed = settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def digest(content: bytes) -> None:
    """Preview and clean a file, as an upload would."""
    with tempfile.TemporaryDirectory() as folder:
        store, file = BlobStore(Path(folder)), Path(folder) / "file"
        file.write_bytes(content)
        try:
            source = files.sample(file, Reading(), store, 1 << 20)
            preview(source, Reading())
            source = files.sample(file, Reading(), store, 1 << 20)
            _, mapping = guess_mapping(source, Reading())
            if mapping is not None:
                for fixes in ({}, CHOICES):
                    check(file, mapping.model_copy(update={"fixes": fixes}), store)
        except AppError:
            pass  # a clear refusal is a good end
        assert list((Path(folder) / "incoming").iterdir()) == []


def check(file: Path, mapping: Mapping, store: BlobStore) -> None:
    """Clean a file and look whether the panel is regular."""
    try:
        source = files.read(file, mapping, store, 1 << 20)
        panel, statistics, report = clean.clean(source, mapping, "any")
    except AppError as refusal:
        pointers = [error.pointer for error in refusal.errors]
    else:
        check_panel(panel, statistics, report, mapping)
        return
    assert pointers, "a refusal names the field"


def check_panel(panel: Panel, statistics: Statistics, report: Report, mapping: Mapping) -> None:
    """Look whether a panel is regular and can be stored."""
    assert (panel.lengths > 0).all()
    assert panel.offsets[-1] == len(panel.target)
    assert not np.isinf(panel.target).any()
    with tempfile.TemporaryDirectory() as folder:
        data, index = Path(folder) / "data", Path(folder) / "index"
        facts = clean.store(panel, statistics, report, mapping, data, index)
    assert facts.series_count == panel.count
    assert facts.start <= facts.end <= facts.future_end


@relaxed
@given(NAMES, TABLES, ENCODINGS)
def test_any_table_ends_well(names: str, table: list[list[str]], encoding: str) -> None:
    delimiter = next((d for d in ",;\t" if d in names), ",")
    text = "\n".join([names, *(delimiter.join(row) for row in table)])

    digest(text.encode(encoding, errors="replace"))


@relaxed
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_end_well(content: bytes) -> None:
    digest(content)


@relaxed
@given(
    st.lists(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), min_size=4, max_size=30),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y年%m月%d日", "%Y%m%d"]),
)
def test_any_dates_end_well(days: list[dt.date], style: str) -> None:
    rows = [f"{day:{style}},{number}" for number, day in enumerate(days)]

    digest("\n".join(["date,sales", *rows]).encode())
