"""JSON as programs write it: however the table is turned or wrapped, the columns are the same."""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather
from pyarrow import parquet as pq

from shared.kit.errors import Invalid
from tests.services.registry.reading.read import preview_of, source_of, table_of

DAYS = [f"2024-01-{day:02}" for day in range(1, 21)]
RECORDS = [{"date": day, "shop": f"S{i % 2}", "sales": i} for i, day in enumerate(DAYS)]
FRAME = pd.DataFrame(RECORDS)
DATED = FRAME.set_index("date")


def frame(dates_as_index: bool, **options: Any) -> Any:
    return json.loads((DATED if dates_as_index else FRAME).to_json(**options))


DOCUMENTS: dict[str, Any] = {
    "nested twice": {"status": {"code": 200}, "data": {"items": RECORDS, "total": 20}},
    "nested five times": {"a": {"b": {"c": {"d": RECORDS}}}},
    "an unknown name": {"sales": RECORDS},
    "an unknown name beside other facts": {"shop": "S1", "days": 20, "sales": RECORDS},
    "columns in data": {"data": frame(False)},
    "lists of columns in data": {"ok": True, "data": FRAME.to_dict("list")},
    "split in data": {"data": frame(False, orient="split")},
    "split in result": {"result": {"data": frame(False, orient="split")}},
    "columns by row": frame(False),
    "rows by name": frame(False, orient="index"),
    "rows in data": {"data": frame(False, orient="index")},
    "dates name the rows of columns": frame(True),
    "dates name the rows": frame(True, orient="index"),
    "dates name the rows of a split": frame(True, orient="split"),
    "pandas table": frame(False, orient="table"),
    "values under names": [["date", "shop", "sales"], *(list(r.values()) for r in RECORDS)],
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_the_table_is_found(document: Any, tmp_path: Path) -> None:
    content = json.dumps(document).encode()

    table = table_of(tmp_path, content, ids=["shop"])

    assert [str(value)[:10] for value in table["date"].to_pylist()] == DAYS
    assert table["shop"].to_pylist() == [r["shop"] for r in RECORDS]
    assert table["sales"].to_pylist() == [r["sales"] for r in RECORDS]
    seen = preview_of(tmp_path, content)
    assert seen.mapping is not None
    assert (seen.mapping.date, seen.mapping.target) == ("date", "sales")


def test_dates_of_pandas_in_milliseconds_are_dates(tmp_path: Path) -> None:
    document = FRAME.assign(date=pd.to_datetime(FRAME["date"])).set_index("date").to_json()
    assert document is not None

    seen = preview_of(tmp_path, document.encode())

    assert seen.rows[0]["date"] == "2024-01-01T00:00:00"


def test_several_tables_are_named(tmp_path: Path) -> None:
    content = json.dumps({"sales": RECORDS, "returns": RECORDS}).encode()

    with pytest.raises(Invalid, match="'sales', 'returns'"):
        source_of(tmp_path, content)


def nested_json(lines: bool) -> bytes:
    records = [record | {"tags": ["a", "b"], "where": {"x": 1}} for record in RECORDS]
    return "\n".join(map(json.dumps, records)).encode() if lines else json.dumps(records).encode()


def nested_table(write: Any) -> bytes:
    out = io.BytesIO()
    rows = [record | {"tags": ["a"], "where": {"x": 1}} for record in RECORDS]
    write(pa.Table.from_pylist(rows), out)
    return out.getvalue()


NESTED = {
    "list": lambda: nested_json(False),
    "lines": lambda: nested_json(True),
    "parquet": lambda: nested_table(pq.write_table),
    "feather": lambda: nested_table(feather.write_feather),
}


@pytest.mark.parametrize("content", NESTED.values(), ids=NESTED.keys())
def test_a_nested_column_that_nobody_needs_is_left_out(content: Any, tmp_path: Path) -> None:
    seen = preview_of(tmp_path, content())

    assert [column.name for column in seen.columns] == ["date", "shop", "sales"]
    said = {f.detail for f in seen.findings if f.code == "nested_columns"}
    assert {words.partition(" holds")[0] for words in said} == {
        "The column 'tags'",
        "The column 'where'",
    }
    assert seen.mapping is not None
    assert table_of(tmp_path, content(), ids=["shop"])["sales"].to_pylist()[-1] == 19


@pytest.mark.parametrize("content", NESTED.values(), ids=NESTED.keys())
def test_a_nested_column_that_is_chosen_is_refused(content: Any, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="'tags' holds"):
        source_of(tmp_path, content(), known=["tags"])
