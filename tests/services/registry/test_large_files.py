"""Files that do not fit into memory: they are read in pieces, and looked at in several places."""

import json as standard
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather

from services.registry.guessing.preview import preview
from services.registry.reading import columnar, encoding, files, json
from shared.contracts.datasets import Reading
from shared.kit.errors import AppError, TooLarge
from shared.kit.storage import BlobStore

RECORDS = [{"date": f"2024-01-{d:02}", "shop": f"店 {d % 2}", "sales": d} for d in range(1, 29)]
LISTED = standard.dumps(RECORDS, ensure_ascii=False, indent=1)
LINES = "\n".join(standard.dumps(record) for record in RECORDS)


@pytest.mark.parametrize("content", [LISTED, LINES, "\ufeff" + LISTED, LINES + "\n\n"])
def test_records_cut_anywhere_are_the_same_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    file = tmp_path / "file"
    file.write_text(content)
    whole = json.read(file, Reading()).table.to_pylist()
    monkeypatch.setattr(json, "_PIECE", 7 if "[" in content else json._PIECE)
    monkeypatch.setattr(json, "_TOGETHER", 3)

    pieces = json.read(file, Reading()).table.to_pylist()

    assert [row["sales"] for row in pieces] == [row["sales"] for row in whole]
    assert [row["shop"] for row in pieces] == [row["shop"] for row in RECORDS]


def test_a_list_of_records_may_be_longer_than_one_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json, "LARGEST", 100)
    listed, document = tmp_path / "listed", tmp_path / "document"
    listed.write_text(LISTED)
    document.write_text(standard.dumps({"data": RECORDS}))

    assert json.read(listed, Reading()).table.num_rows == len(RECORDS)
    with pytest.raises(TooLarge, match="JSON Lines"):
        json.read(document, Reading())


@pytest.mark.filterwarnings("ignore:Feather V1:DeprecationWarning")
def test_a_feather_file_of_the_first_version_is_read_unless_it_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    feather.write_feather(pa.table({"sales": [1.0, 2.0]}), str(file), version=1)

    assert columnar.read(file, "feather", {"sales"}).table["sales"].to_pylist() == [1.0, 2.0]
    monkeypatch.setattr(columnar, "LARGEST_OLD", 100)
    with pytest.raises(TooLarge, match="Write it as Parquet"):
        columnar.read(file, "feather", {"sales"})


def test_a_field_that_comes_late_or_in_another_kind_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json, "_TOGETHER", 2)
    file = tmp_path / "file"
    file.write_text('[{"a": 1}, {"a": 2}, {"a": "x", "b": 5}, {"b": 6}, {"a": 7}]')

    table = json.read(file, Reading()).table

    assert [str(value or "") for value in table["a"].to_pylist()] == ["1", "2", "x", "", "7"]
    assert [value or None for value in table["b"].to_pylist()] == [None, None, 5, 6, None]


@pytest.mark.parametrize("content", [LISTED[:-40], LISTED[:-1], LISTED + "x", LINES[:-9]])
def test_records_that_are_cut_off_are_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "file"
    file.write_text(content)

    with pytest.raises(AppError):
        json.read(file, Reading())


def test_a_preview_looks_at_the_middle_and_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "SAMPLE", 4_000)
    rows = [f"{day:02}/{month:02}/2023,{day}" for month in range(1, 13) for day in range(1, 13)]
    rows += [f"{day:02}/12/2023,{day}" for day in range(13, 31)] * 40
    file = tmp_path / "file"
    file.write_text("date,sales\n" + "\n".join(rows) + "\n")

    source = files.sample(file, Reading(), BlobStore(tmp_path / "store"), 1 << 20)
    seen = preview(source, Reading())

    assert not seen.complete
    assert source.beyond is not None
    assert "30/12/2023" in source.beyond["date"].to_pylist()
    assert seen.mapping is not None
    assert seen.mapping.frequency == "D"
    assert seen.rows_estimate == pytest.approx(len(rows), rel=0.5)
