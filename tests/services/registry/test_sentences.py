"""What the registry says can be said in both languages of the web app."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.registry.cleaning.report import FIXES
from services.registry.sentences import SENTENCES, say

ROOT = Path(__file__).parents[3]
WORDS = ROOT / "web" / "src" / "i18n"
SOURCES = sorted((ROOT / "services" / "registry").rglob("*.py"))


def group(language: str, name: str) -> dict[str, str]:
    """Return the words of one group of a language, by key."""
    text = (WORDS / f"{language}.ts").read_text()
    body = text.split(f"\n  {name}: {{\n", 1)[1].split("\n  },\n", 1)[0]
    return dict(re.findall(r"^    (\w+): '(.*)',$", body, re.M))


def calls() -> Iterator[ast.Call]:
    """Yield every call that the registry makes."""
    for file in SOURCES:
        yield from (n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call))


def literal(node: ast.AST | None) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def codes() -> set[str]:
    """Return the code of every finding that the registry names."""
    found: set[str | None] = set(FIXES)
    for call in calls():
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = call.func.id if isinstance(call.func, ast.Name) else name
        if name in ("note", "finding", "_error") and call.args:
            found.add(literal(call.args[0]))
    return {code for code in found if code}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_web_app_says_every_sentence_in_its_language(language: str) -> None:
    templates = group(language, "sentence")

    assert templates.keys() == SENTENCES.keys()
    for key, words in templates.items():
        said = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[key]) if name}
        assert set(re.findall(r"\{(\w+)\}", words)) <= said, key


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_finding_has_a_title_in_both_languages(language: str) -> None:
    found = codes()

    assert {"blank_rows", "ragged_rows", "new_columns", "invalid", "dead_series"} <= found
    assert found - group(language, "finding").keys() == set()


def test_every_sentence_is_said_somewhere() -> None:
    text = "\n".join(f.read_text() for f in SOURCES if f.name != "sentences.py")
    orders = {"year_first", "month_first", "day_first", "row_order", "swapped"}
    put_together = {f"{start}_{order}" for start in ("dates", "like") for order in orders}

    assert {k for k in SENTENCES if f'"{k}"' not in text} - put_together == set()
    assert 'say(f"dates_{' in text
    assert 'say(f"like_{' in text


def test_a_sentence_carries_the_values_that_fill_it_in() -> None:
    said = say("duplicate_rows", count=1200) + say("added_up", columns=["sales", "amount"])

    assert said.text.endswith("for one series and date. Added up: sales, amount.")
    assert said.text.startswith("1,200 times")
    assert [(s.key, s.values) for s in said.sentences] == [
        ("duplicate_rows", {"count": 1200}),
        ("added_up", {"columns": ["sales", "amount"]}),
    ]
