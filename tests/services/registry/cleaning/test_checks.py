"""What the checks find in a small file: how often, in which rows, and what is done about it."""

import datetime as dt
import math
import random
import re
from pathlib import Path

import pytest

from services.registry.cleaning.columns import Coded
from services.registry.cleaning.report import FIXES
from services.registry.guessing.preview import preview
from services.registry.reading import files
from shared.contracts.datasets import Reading
from shared.kit.storage import BlobStore
from tests.services.registry.cleaning.cleaned import cleaned


def lines(*rows: str, header: str = "date,store,sales") -> str:
    return "\n".join([header, *rows]) + "\n"


def day(number: int) -> str:
    return str(dt.date(2018, 1, 1) + dt.timedelta(days=number))


IDS = {"ids": ["store"]}


def test_every_finding_about_rows_names_some(tmp_path: Path) -> None:
    rows = [
        f"{day(i)},A,{(7 + i % 3) if i != 50 else 900},{'red' if i < 90 else 'blue'}"
        for i in range(95)
    ]
    rows[3] = f"{day(3)},A,-4,red"
    rows[4] = f"{day(4)},A,,red"
    rows[5] = ",A,3,red"
    content = lines(*rows, header="date,store,sales,colour")

    found = cleaned(tmp_path, content, **IDS, static=["colour"])

    assert found.findings["negative_values"].examples == ["row 5: A on 2018-01-04"]
    assert found.findings["missing_values"].examples == ["row 6: A on 2018-01-05"]
    assert found.findings["blank_rows"].examples == ["row 7"]
    assert found.findings["missing_dates"].examples == ["A on 2018-01-06"]
    assert "row 52: A on 2018-02-20: 900" in found.findings["outliers"].examples
    assert found.findings["static_varies"].examples[0] == "red in row 2"
    assert found.findings["static_varies"].column == "colour"


def test_rows_keep_their_numbers_when_series_are_mixed_and_trimmed(tmp_path: Path) -> None:
    rows = []
    for i in range(60):
        rows += [f"{day(i)},B,{0 if i < 40 else 5 + i % 2}", f"{day(i)},A,{4 + i % 3}"]
    rows[2 * 55] = f"{day(55)},B,-1"

    found = cleaned(tmp_path, lines(*rows), **IDS, fixes={"leading_zeros": "trim"})

    assert found.findings["negative_values"].examples == [f"row 112: B on {day(55)}"]
    assert found.panel.lengths.tolist() == [60, 20]
    assert found.panel.place(60) == f"row 82: B on {day(40)}"


def test_wrong_weekdays_and_rows_of_the_future_are_named(tmp_path: Path) -> None:
    rows = [f"{day(i)} 星期{'一二三四五六日'[i % 7]},{i},2" for i in range(20)]
    rows[6] = rows[6].replace("星期日", "星期三")
    rows += [f"{day(i)},,2" for i in range(20, 23)]

    found = cleaned(tmp_path, lines(*rows, header="date,sales,price"), known=["price"])

    assert found.findings["wrong_weekdays"].examples == [f"row 8: {day(6)} 星期三"]
    assert found.findings["wrong_weekdays"].count == 1
    assert found.findings["future_rows"].examples == ["row 22", "row 23", "row 24"]


def test_impossible_dates_are_named(tmp_path: Path) -> None:
    rows = [f"{day(i)},A,1" for i in range(12)]
    rows.insert(4, "2018-02-29,A,1")

    found = cleaned(tmp_path, lines(*rows), **IDS, fixes={"invalid_dates": "drop"})

    assert found.findings["invalid_dates"].examples == ["row 6: 2018-02-29"]
    assert found.values == [1.0] * 12


DOUBLES = lines(
    "2018-01-01,1,2,3,50,red",
    "2018-01-01,2,4,5,50,blue",
    "2018-01-02,1,2,3,40,red",
    "2018-01-03,1,2,3,30,red",
    header="date,sales,amount,unit_price,promotion,note",
)


@pytest.mark.parametrize(
    ("fix", "expected"),
    [
        ("sum", {"sales": 3.0, "amount": 6.0, "unit_price": 4.0, "promotion": 50.0}),
        ("mean", {"sales": 1.5, "amount": 3.0, "unit_price": 4.0, "promotion": 50.0}),
        ("last", {"sales": 2.0, "amount": 4.0, "unit_price": 5.0, "promotion": 50.0}),
    ],
)
def test_amounts_of_several_rows_are_added_up_as_the_target_is(
    tmp_path: Path, fix: str, expected: dict[str, float]
) -> None:
    found = cleaned(
        tmp_path,
        DOUBLES,
        known=["promotion"],
        past=["amount", "unit_price", "note"],
        fixes={"duplicate_rows": fix},
    )

    columns = {"sales": found.panel.target, **found.panel.covariates}
    note = columns.pop("note")
    numbers = {name: float(v[0]) for name, v in columns.items() if not isinstance(v, Coded)}
    assert numbers == expected
    assert isinstance(note, Coded)
    assert note.values[note.codes[0]] == "blue"
    said = "Added up: sales, amount. Averaged: promotion, unit_price." in found.said(
        "duplicate_rows"
    )
    assert said == (fix == "sum")


def test_personal_data_in_a_chosen_column_is_said_and_can_be_left_out(tmp_path: Path) -> None:
    rows = [f"{day(i)},A,{i},138{i:08}" for i in range(20)]
    content = lines(*rows, header="date,store,sales,contact")

    kept = cleaned(tmp_path, content, **IDS, static=["contact"])
    dropped = cleaned(tmp_path, content, **IDS, static=["contact"], fixes={"personal_data": "drop"})

    found = kept.findings["personal_data"]
    assert (found.severity, found.column, found.count) == ("warning", "contact", 20)
    assert found.examples[0] == "row 2: 13••••••••"
    assert (found.fixes, found.fix) == (["keep", "drop"], "keep")
    assert list(kept.panel.static) == ["contact"]
    assert list(dropped.panel.static) == []


def test_a_preview_says_which_personal_data_it_leaves_out(tmp_path: Path) -> None:
    rows = [f"{day(i)},A,{i},138{i:08}" for i in range(20)]
    path = tmp_path / "sales.csv"
    path.write_text(lines(*rows, header="date,store,sales,contact"))

    seen = preview(files.sample(path, Reading(), BlobStore(tmp_path), 1 << 20), Reading())

    [found] = [f for f in seen.findings if f.code == "personal_data"]
    assert (found.severity, found.column, found.count) == ("warning", "contact", 20)
    assert (found.fix, found.fixes) == ("drop", [])
    assert seen.mapping is not None
    assert "contact" not in [*seen.mapping.ids, *seen.mapping.static, *seen.mapping.past]


def test_a_person_as_id_can_be_left_out(tmp_path: Path) -> None:
    rows = [f"{day(i)},person{k}@example.com,1" for i in range(20) for k in range(5)]
    fixes = {"personal_data": "drop", "duplicate_rows": "sum"}

    found = cleaned(tmp_path, lines(*rows, header="date,who,sales"), ids=["who"], fixes=fixes)

    assert found.panel.count == 1
    assert found.values == [5.0] * 20


def test_a_number_of_customers_and_kinds_of_customers_are_nobody(tmp_path: Path) -> None:
    rows = [f"{day(i)},{i},{100 + i},{'home' if i % 2 else 'office'}" for i in range(20)]

    found = cleaned(
        tmp_path,
        lines(*rows, header="date,sales,customers,customer"),
        past=["customers", "customer"],
    )

    assert "personal_data" not in found.findings


@pytest.mark.parametrize(
    ("alias", "step", "enough"),
    [("D", 1, 28), ("W-MON", 7, 26)],
)
def test_a_series_is_short_where_it_cannot_learn_and_forecast_a_usual_horizon(
    tmp_path: Path, alias: str, step: int, enough: int
) -> None:
    def rows(store: str, count: int) -> list[str]:
        return [f"{day(step * i)},{store},{1 + i % 4}" for i in range(count)]

    found = cleaned(
        tmp_path, lines(*rows("A", 60), *rows("B", enough - 1), *rows("C", enough)), **IDS
    )

    assert found.panel.grid.alias == alias
    assert found.findings["short_series"].examples == ["B"]
    assert f"{enough} steps" in found.findings["short_series"].detail


def test_a_covariate_that_tells_each_series_on_its_own_scale_leaks(tmp_path: Path) -> None:
    random.seed(2)
    rows = []
    for k, store in enumerate("ABCDEF"):
        scale = (-1) ** k * 3.0**k
        for i in range(60):
            sales = random.randint(1, 50)
            rows.append(f"{day(i)},{store},{sales},{scale * sales},{sales},{0.1 * i}")
    content = lines(*rows, header="date,store,sales,revenue,same,trend")

    known = cleaned(tmp_path, content, **IDS, known=["revenue", "same", "trend"])
    past = cleaned(tmp_path, content, **IDS, past=["revenue", "same"], known=["trend"])
    dropped = cleaned(
        tmp_path, content, **IDS, known=["revenue", "trend"], fixes={"leaking_covariate": "drop"}
    )

    assert known.findings["leaking_covariate"].examples == ["revenue", "same"]
    assert "leaking_covariate" not in past.findings
    assert list(dropped.panel.covariates) == ["trend"]


def test_two_lines_that_rise_together_are_no_leak(tmp_path: Path) -> None:
    random.seed(3)
    rows = [
        f"{day(i)},{store},{(k + 1) * (100 + i) + random.random():.3f},{i + random.random():.3f}"
        for k, store in enumerate("ABC")
        for i in range(200)
    ]

    found = cleaned(tmp_path, lines(*rows, header="date,store,sales,index"), **IDS, known=["index"])

    assert "leaking_covariate" not in found.findings


def test_a_finding_is_entered_once_per_column(tmp_path: Path) -> None:
    rows = [f"{day(i)},{i},{2 * i}" for i in range(30)]
    rows[3], rows[7], rows[9] = f"{day(3)},many,2", f"{day(7)},7,few", f"{day(9)},9,none yet"
    content = lines(*rows, header="date,P1,P2")

    found = cleaned(
        tmp_path,
        content,
        layout="wide",
        values=["P1", "P2"],
        fixes={"text_in_numbers": "missing"},
    ).found

    text = [f for f in found if f.code == "text_in_numbers"]
    assert [(f.column, f.count, f.examples[0]) for f in text] == [
        ("P1", 1, "row 5: 'many'"),
        ("P2", 2, "row 9: 'few'"),
    ]


def test_the_beginning_of_a_file_says_nothing_about_how_series_end(tmp_path: Path) -> None:
    def rows(store: int) -> list[str]:
        return [f"{day(i)},S{store:03},{5 + math.sin(i):.2f}" for i in range(400)]

    content = lines(*[row for store in range(120) for row in rows(store)])
    path = tmp_path / "large.csv"
    path.write_text(content + f"{day(400)},S999,1\n")

    seen = preview(files.sample(path, Reading(), BlobStore(tmp_path), 1 << 30), Reading())

    assert not seen.complete
    assert not {"short_series", "dead_series", "constant_series"} & {f.code for f in seen.findings}


def test_every_finding_and_fix_has_a_name_in_the_web_app() -> None:
    root = Path(__file__).parents[4]
    sources = [file.read_text() for file in (root / "services" / "registry").rglob("*.py")]
    noted = r'(?:\.note\(|code=)\s*"(\w+)"'
    codes = {code for text in sources for code in re.findall(noted, text)} | set(FIXES)
    fixes = {fix for several in FIXES.values() for fix in several}

    for language in ("en", "zh-CN"):
        words = (root / "web" / "src" / "i18n" / f"{language}.ts").read_text()
        named = {
            section: set(
                re.findall(r"(\w+):", words.split(f"\n  {section}: {{")[1].split("\n  }")[0])
            )
            for section in ("finding", "fix")
        }
        assert codes - named["finding"] == set()
        assert fixes - named["fix"] == set()
