"""Text tables as programs and people write them: what separates, quotes, names and interrupts."""

from pathlib import Path

import pytest

from services.registry.cleaning.clean import clean
from shared.contracts.datasets import Mapping
from shared.kit.errors import Invalid
from tests.services.registry.reading.read import preview_of, source_of, table_of

DAYS = [f"2024-01-{day:02}" for day in range(1, 11)]


def refusal(folder: Path, content: bytes, **mapping: object) -> str:
    source = source_of(folder, content, **mapping)
    chosen = Mapping.model_validate({"date": "date", "target": "sales"} | mapping)
    with pytest.raises(Invalid) as refused:
        clean(source, chosen, "any")
    return refused.value.detail


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "^", "~", " ", ":", "\x01"])
@pytest.mark.parametrize("names", ["date{0}shop{0}sales\n", "Report\n\ndate{0}shop{0}sales\n"])
def test_any_delimiter_is_found(mark: str, names: str, tmp_path: Path) -> None:
    lines = "".join(f"{day}{mark}S1{mark}5\n" for day in DAYS)

    table = table_of(tmp_path, (names.format(mark) + lines).encode(), ids=["shop"])

    assert table["sales"].to_pylist() == [5.0] * 10
    assert table["date"].to_pylist() == DAYS


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("{};1,5", ";"),
        ("{}\t1,5", "\t"),
        ("{},a;b;c,5", ","),
        ("{},a|b,5", ","),
        ("{} 10:00:00,5", ","),
        ("{} 10:00;Bread, white;5", ";"),
    ],
)
def test_the_delimiter_of_a_file_without_names_leaves_whole_cells(
    line: str, mark: str, tmp_path: Path
) -> None:
    content = "\n".join(line.format(day) for day in DAYS)

    seen = preview_of(tmp_path, content.encode())

    assert (seen.format.delimiter, seen.format.header_row) == (mark, None)


def test_single_quotes_around_fields_are_no_part_of_them(tmp_path: Path) -> None:
    lines = "".join(f"'{day}','Bread, white',5\n" for day in DAYS)

    table = table_of(tmp_path, ("date,item,sales\n" + lines).encode(), ids=["item"])

    assert table["item"].to_pylist() == ["Bread, white"] * 10


def test_an_apostrophe_is_no_quote(tmp_path: Path) -> None:
    lines = "".join(f"{day},'s Gravenhage,5\n{day},d'Or,6\n" for day in DAYS)

    table = table_of(tmp_path, ("date,shop,sales\n" + lines).encode(), ids=["shop"])

    assert table["shop"].to_pylist()[:2] == ["'s Gravenhage", "d'Or"]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "'", "."])
def test_french_and_swiss_thousands_are_numbers(space: str, tmp_path: Path) -> None:
    lines = "".join(f"{day};1{space}234,5\n{day};7\n" for day in DAYS)

    seen = preview_of(tmp_path, ("date;sales\n" + lines).encode())

    assert seen.format.decimal == ","
    assert seen.mapping is not None
    assert seen.rows[0]["sales"] == 1241.5


@pytest.mark.parametrize(
    "top",
    [
        'date,"sales\n(pieces)"\n',
        '"date\r\n(day)",sales\r\n',
        '"Sales of\nour shop\n2024"\ndate,sales\n',
        '"Sales of\nour shop",\n\ndate,"sales\n\nnet"\n',
    ],
)
def test_line_breaks_above_the_data_are_no_rows(top: str, tmp_path: Path) -> None:
    content = (top + "".join(f"{day},5\n" for day in DAYS)).encode()
    seen = preview_of(tmp_path, content)
    assert seen.mapping is not None

    table = table_of(tmp_path, content, **seen.mapping.model_dump())

    assert table.num_rows == 10
    assert table[seen.mapping.target].to_pylist() == [5.0] * 10


@pytest.mark.parametrize("end", [",", ",,", ",,,"])
def test_delimiters_at_the_ends_of_rows_move_no_names(end: str, tmp_path: Path) -> None:
    content = "date,sales\n" + "".join(f"{day},5{end}\n" for day in DAYS)

    table = table_of(tmp_path, content.encode())

    assert table["date"].to_pylist() == DAYS
    assert table["sales"].to_pylist() == [5.0] * 10


def test_delimiters_at_the_end_of_the_names_alone_name_nothing(tmp_path: Path) -> None:
    content = "date,sales,,\n" + "".join(f"{day},5\n" for day in DAYS)

    assert table_of(tmp_path, content.encode())["sales"].to_pylist() == [5.0] * 10


def test_row_numbers_before_the_names_are_still_understood(tmp_path: Path) -> None:
    content = "date,sales\n" + "".join(f"{i},{day},5\n" for i, day in enumerate(DAYS, 1))

    assert table_of(tmp_path, content.encode())["date"].to_pylist() == DAYS


BROKEN = ["2024-01-11,many", "2024-01-12,more"]
INTERRUPTED = {
    "blank lines": ("\n\n", {}, (14, 15)),
    "blank lines of windows": ("\r\n\r\n", {}, (14, 15)),
    "a dropped row": ("2024-01-11,5,6\n\n", {"ragged_rows": "drop"}, (14, 15)),
    "blank lines and line breaks in fields": ('2024-01-12,"5\n"\n\n', {}, (14, 15)),
    "blank cells": (",\n,\n", {}, (14, 15)),
}


@pytest.mark.parametrize("case", INTERRUPTED.values(), ids=INTERRUPTED.keys())
def test_a_row_has_the_number_that_a_spreadsheet_shows(
    case: tuple[str, dict[str, str], tuple[int, int]], tmp_path: Path
) -> None:
    between, fixes, (first, second) = case
    lines = "".join(f"{day},5\n" for day in DAYS)
    content = f"date,sales\n{lines}{between}{BROKEN[0]}\n{BROKEN[1]}\n".encode()

    said = refusal(tmp_path, content, fixes=fixes)
    seen = preview_of(tmp_path, content)

    assert f"row {first}: 'many'; row {second}: 'more'" in said
    text = next(f for f in seen.findings if f.code == "text_in_numbers")
    assert [example.partition(":")[0] for example in text.examples] == [
        f"row {first}",
        f"row {second}",
    ]


def test_line_breaks_of_old_macs_count_too(tmp_path: Path) -> None:
    content = "date,sales\r" + "".join(f"{day},5\r" for day in DAYS) + "\r2024-01-11,many\r"

    assert "row 13: 'many'" in refusal(tmp_path, content.encode())


def test_a_second_row_of_names_is_named_as_the_cause(tmp_path: Path) -> None:
    lines = "".join(f"{day},S1,5\n" for day in DAYS)
    content = f"date,shop,sales\nDatum,Laden,Menge\n{lines}".encode()
    columns = {"ids": ["shop"]}

    said = refusal(tmp_path, content, **columns)
    table = table_of(tmp_path, content, fixes={"second_header": "drop"}, **columns)

    assert "Row 2 is a second row of names" in said
    assert "mapping.fixes.second_header = drop" in said
    assert table.num_rows == 10
    assert preview_of(tmp_path, content).columns[2].type == "number"


def test_units_below_the_names_are_a_second_row_of_names(tmp_path: Path) -> None:
    lines = "".join(f"{day},5,6\n" for day in DAYS)

    seen = preview_of(tmp_path, f"date,load,temp\nyyyy-mm-dd,kWh,°C\n{lines}".encode())

    assert seen.findings[0].code == "second_header"
    assert [column.type for column in seen.columns] == ["date", "number", "number"]


def test_a_first_row_with_text_in_it_is_data(tmp_path: Path) -> None:
    lines = "".join(f"{day},5\n" for day in DAYS)

    seen = preview_of(tmp_path, f"date,sales\n2023-12-31,closed\n{lines}".encode())

    assert "second_header" not in [finding.code for finding in seen.findings]


MARKERS = ["NA", "n.a.", "nan", "NaN", "NULL", "null", "None", "-", "--", "—", ".", "/", "?", "无"]


@pytest.mark.parametrize("marker", ["", "#N/A", "\\N", *MARKERS])
def test_what_people_write_for_nothing_is_a_missing_value(marker: str, tmp_path: Path) -> None:
    content = f"date,sales\n2024-01-01,{marker}\n" + "".join(f"{day},5\n" for day in DAYS[1:])
    source = source_of(tmp_path, content.encode())

    panel, _, report = clean(source, Mapping(date="date", target="sales"), "any")

    assert panel.target.tolist()[-9:] == [5.0] * 9
    assert {"text_in_numbers", "not_finite"}.isdisjoint(f.code for f in report.findings())
