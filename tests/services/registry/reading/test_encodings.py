"""Text in the encodings that people's programs write, told apart from a few letters."""

import json
from pathlib import Path

import pytest

from services.registry.reading import encoding, files
from shared.contracts.datasets import Mapping, Reading
from shared.kit.errors import Invalid
from shared.kit.storage import BlobStore
from tests.services.registry.reading.read import WHOLE, table_of

SPANISH = ["Señor", "Muñoz", "Año", "São Paulo", "Café\xa0Noir", "crème brûlée", "Zürich"]
CHINESE = ["感冒灵", "店", "上海", "苯磺酸氨氯地平片", "（促销）", "维生素Ｃ"]
TRADITIONAL = ["台北", "高雄", "門市一", "統一超商", "鳳梨酥", "臺灣"]
KOREAN = ["서울점", "부산점", "수원점 초코파이", "롯데마트", "신라면", "사과"]
POLISH = ["Łódź", "książka", "chłopięcy żółty", "Rzeszów, Białystok", "mąka", "gęś"]


def rows(names: list[str]) -> str:
    lines = [f"2024-01-{day:02},{name},{day}" for day, name in enumerate(names, 1)]
    return "date,shop,sales\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", [*SPANISH, "£5 off", "it’s – new", "20°C", "½ kg", "Ærøskøbing"])
def test_one_western_name_is_windows_1252(name: str) -> None:
    assert encoding.guess(rows([name]).encode("cp1252")) == "cp1252"


@pytest.mark.parametrize("name", CHINESE)
def test_one_chinese_name_is_gb18030(name: str) -> None:
    assert encoding.guess(rows([name]).encode("gb18030")) == "gb18030"


def test_a_chinese_row_of_names_above_plain_numbers_is_gb18030() -> None:
    content = "日期,店,销量\n" + "2024-01-01,A,5\n" * 50_000

    assert encoding.guess(content.encode("gbk")) == "gb18030"


def test_a_script_in_whole_words_is_neither_western_nor_chinese() -> None:
    assert encoding.guess(("магазин,город,яблоко,хлеб\n" * 5).encode("cp1251")) == "cp1251"


def test_polish_signs_within_words_are_not_taken_for_western_ones() -> None:
    content = rows(POLISH * 4).encode("cp1250")

    assert content.decode(encoding.guess(content)) == rows(POLISH * 4)


@pytest.mark.parametrize(
    ("names", "code", "found"),
    [("日期,門市,銷量", "big5", "big5"), ("날짜,매장,판매량", "euc_kr", "cp949")],
)
def test_a_row_of_names_from_taiwan_or_korea_above_plain_numbers_is_told_apart(
    names: str, code: str, found: str
) -> None:
    content = f"{names}\n" + "2024-01-01,A,5\n" * 50_000

    assert encoding.guess(content.encode(code)) == found


@pytest.mark.parametrize("names", ["日期,门店,产品,价格", "日期,店,价格", "城市,部门,产品编号"])
def test_chinese_names_whose_bytes_are_korean_letters_too_are_chinese(names: str) -> None:
    assert encoding.guess(f"{names}\nA,B,C,D\n".encode("gbk")) == "gb18030"


ENCODED = [
    (SPANISH, "cp1252"),
    (CHINESE, "gb18030"),
    (CHINESE, "utf-8-sig"),
    (CHINESE, "utf-8"),
    (TRADITIONAL, "big5"),
    (KOREAN, "euc_kr"),
    (KOREAN, "cp949"),
    (CHINESE, "utf-16"),
    (CHINESE, "utf-16-le"),
    (CHINESE, "utf-16-be"),
    (["一", "丁丁", *CHINESE], "utf-16-le"),
    (SPANISH, "utf-16-be"),
]


@pytest.mark.parametrize(("names", "code"), ENCODED)
def test_a_file_in_any_encoding_is_read_letter_for_letter(
    names: list[str], code: str, tmp_path: Path
) -> None:
    table = table_of(tmp_path, rows(names).encode(code), ids=["shop"])

    assert table["shop"].to_pylist() == names


@pytest.mark.parametrize("code", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("shape", ["list", "lines", "columns"])
def test_json_in_any_encoding_is_read(code: str, shape: str, tmp_path: Path) -> None:
    records = [{"date": f"2024-01-{d:02}", "shop": "上海店", "sales": d} for d in range(1, 9)]
    text = {
        "list": json.dumps(records, ensure_ascii=False),
        "lines": "\n".join(json.dumps(r, ensure_ascii=False) for r in records),
        "columns": json.dumps(
            {name: [r[name] for r in records] for name in records[0]}, ensure_ascii=False
        ),
    }[shape]

    table = table_of(tmp_path, text.encode(code), ids=["shop"])

    assert set(table["shop"].to_pylist()) == {"上海店"}
    assert table["sales"].to_pylist() == list(range(1, 9))


def test_an_encoding_that_is_named_is_used(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(rows(POLISH).encode("cp1250"))
    mapping = Mapping(date="date", target="sales", ids=["shop"], reading=Reading(encoding="cp1250"))

    source = files.read(file, mapping, BlobStore(tmp_path / "store"), WHOLE)

    assert source.table["shop"].to_pylist()[:3] == POLISH[:3]


@pytest.mark.parametrize(
    ("content", "code", "fits"),
    [
        (b"a\nb\xe5" + b"c\nd\n", "utf-8", False),
        (b"a\nb\x81" + b"@\nd\n", "gb18030", True),
        (b"a\nb\n" + b"c\n\xe5d", "utf-8", False),
        (b"a\nb\n" + b"c\nd\n", "utf-8", True),
    ],
)
def test_a_letter_may_be_cut_between_two_pieces_of_a_file(
    content: bytes, code: str, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "PIECE", 4)
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    if fits:
        assert encoding.check(path, code) == code
    else:
        with pytest.raises(Invalid, match=f"not written in {code}"):
            encoding.check(path, code)
