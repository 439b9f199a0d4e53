"""A preview of a large file reads its beginning only, packed or not."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather

from services.registry.reading import archive, files
from shared.contracts.datasets import Mapping, Preview, Reading
from shared.kit.errors import TooLarge
from shared.kit.storage import BlobStore
from tests.services.registry.reading.read import preview_of, source_of

ROWS = 60_000
FRAME = pd.DataFrame(
    {
        "date": pd.date_range("2024-01-01", periods=ROWS // 100).repeat(100).astype(str),
        "shop": [f"店 {i % 100}" for i in range(ROWS)],
        "sales": range(ROWS),
    }
)


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("sales", content)
    return out.getvalue()


TEXTS: dict[str, Callable[[], bytes]] = {
    "csv": lambda: FRAME.to_csv(index=False).encode(),
    "lines": lambda: FRAME.to_json(orient="records", lines=True, force_ascii=False).encode(),
    "list": lambda: FRAME.to_json(orient="records", indent=1, force_ascii=False).encode(),
}
PACKINGS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zip": zipped}


def is_the_beginning(seen: Preview) -> None:
    assert not seen.complete
    assert seen.rows_estimate == pytest.approx(ROWS, rel=0.2)
    assert seen.mapping is not None
    assert (seen.mapping.target, seen.mapping.ids) == ("sales", ["shop"])
    assert seen.findings == [f for f in seen.findings if f.severity == "info"]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS.keys())
def test_only_the_head_of_an_archive_is_unpacked(
    text: Callable[[], bytes],
    pack: Callable[[bytes], bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "_HEAD", 1_300_001)  # within a row, within a letter

    def refuse(*_: object) -> None:
        raise AssertionError("the whole archive was unpacked")

    monkeypatch.setattr(archive, "unpack", refuse)

    seen = preview_of(tmp_path, pack(text()))

    is_the_beginning(seen)
    assert seen.format.compression in ("gzip", "zip")
    assert list((tmp_path / "store" / "incoming").iterdir()) == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS.keys())
def test_the_upload_reads_the_archive_to_its_end(
    text: Callable[[], bytes], pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    assert source_of(tmp_path, pack(text()), ids=["shop"]).table.num_rows == ROWS


def test_a_document_that_cannot_be_cut_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_HEAD", 100_000)
    content = json.dumps({"data": FRAME.to_dict("list")}).encode()

    seen = preview_of(tmp_path, gzip.compress(content))

    assert (seen.complete, seen.rows_estimate) == (True, ROWS)


@pytest.mark.parametrize("text", [TEXTS["lines"], TEXTS["list"]], ids=["lines", "list"])
def test_the_rows_of_a_long_json_file_are_estimated(
    text: Callable[[], bytes], tmp_path: Path
) -> None:
    is_the_beginning(preview_of(tmp_path, text()))


def test_only_the_first_pieces_of_a_feather_file_are_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    feather.write_feather(pa.Table.from_pandas(FRAME), out, chunksize=5_000)

    seen = preview_of(tmp_path, out.getvalue())

    assert (seen.complete, seen.sampled_rows, seen.rows_estimate) == (False, 20_000, ROWS)
    assert source_of(tmp_path, out.getvalue(), ids=["shop"]).table.num_rows == ROWS


def test_a_preview_refuses_what_a_zip_says_is_too_large(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(zipped(TEXTS["csv"]()))
    store = BlobStore(tmp_path / "store")

    with pytest.raises(TooLarge):
        files.sample(file, Reading(), store, limit=1_000_000)
    with pytest.raises(TooLarge):
        files.read(file, Mapping(date="date", target="sales"), store, limit=1_000_000)
