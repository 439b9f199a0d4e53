import csv
import io
from typing import Any

import openpyxl
import orjson
import pyarrow.parquet as pq
import pytest

from services.prediction.export import ExportFormat, disposition, export

Row = list[Any]
EVIL = "=HYPERLINK(1)"


def answer(keys: list[dict[str, str]], start: str = "2024-01-01T00:00:00Z") -> bytes:
    step = {"date": start, "mean": 2.5, "quantiles": {"0.1": -1.0, "0.9": 4.0}}
    series = [
        {"keys": one, "history": [], "forecast": [step], "actuals": None, "analysis": {}}
        for one in keys
    ]
    series[0]["actuals"] = [{"date": start, "value": 3.0}]
    return orjson.dumps(
        {
            "model": "lstm_store_药店",
            "version": 2,
            "start": start,
            "first_series": keys[0],
            "series": series,
        }
    )


ANSWER = answer([{"store": "S1"}, {"store": EVIL}])


def read_csv(file: bytes) -> list[Row]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))


def read_xlsx(file: bytes) -> list[Row]:
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_csv_has_a_row_per_series_and_step() -> None:
    assert read_csv(export(ANSWER, ExportFormat.csv)) == [
        ["store", "date", "actual", "mean", "q0.1", "q0.9"],
        ["S1", "2024-01-01", "3.0", "2.5", "-1.0", "4.0"],
        ["'" + EVIL, "2024-01-01", "", "2.5", "-1.0", "4.0"],
    ]


def test_excel_holds_the_same_with_numbers_as_numbers() -> None:
    assert read_xlsx(export(ANSWER, ExportFormat.xlsx)) == [
        ["store", "date", "actual", "mean", "q0.1", "q0.9"],
        ["S1", "2024-01-01", 3, 2.5, -1, 4],
        ["'" + EVIL, "2024-01-01", None, 2.5, -1, 4],
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1"])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    file = answer([{text: text}])

    for table in (
        read_csv(export(file, ExportFormat.csv)),
        read_xlsx(export(file, ExportFormat.xlsx)),
    ):
        assert table[0][0].startswith("'")
        assert table[1][0].startswith("'")


def test_parquet_keeps_texts_and_types() -> None:
    table = pq.read_table(io.BytesIO(export(ANSWER, ExportFormat.parquet)))

    assert table.column("store").to_pylist() == ["S1", EVIL]
    assert str(table.schema.field("date").type) == "timestamp[us]"
    assert table.column("actual").to_pylist() == [3.0, None]


def test_hours_keep_their_time() -> None:
    file = answer([{"store": "S1"}], "2024-01-01T13:30:00Z")

    assert read_csv(export(file, ExportFormat.csv))[1][1] == "2024-01-01 13:30:00"


def test_a_total_has_no_id_column() -> None:
    table = pq.read_table(io.BytesIO(export(answer([{}]), ExportFormat.parquet)))

    assert table.column_names == ["date", "actual", "mean", "q0.1", "q0.9"]


def test_an_id_column_named_like_one_of_ours_keeps_its_values() -> None:
    table = pq.read_table(io.BytesIO(export(answer([{"mean": "M"}]), ExportFormat.parquet)))

    assert table.column("mean_id").to_pylist() == ["M"]
    assert table.column("mean").to_pylist() == [2.5]


def test_the_file_is_named_after_model_version_and_date() -> None:
    header = disposition(ANSWER, ExportFormat.xlsx)

    assert 'filename="lstm_store____v2_2024-01-01.xlsx"' in header
    assert "filename*=UTF-8''lstm_store_%E8%8D%AF%E5%BA%97_v2_2024-01-01.xlsx" in header
    assert header.isascii()
