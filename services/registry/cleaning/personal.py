"""Finds personal data: numbers of cards, phones and identity cards, names, addresses."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from services.registry.cleaning.columns import Coded, coded
from services.registry.cleaning.report import Report
from services.registry.guessing.words import sounds_personal
from services.registry.reading.cells import text
from services.registry.reading.layout import MISSING
from services.registry.reading.source import Column, Source
from services.registry.sentences import say
from shared.contracts.datasets import Mapping

_ROWS = 20_000
_LOOKED_AT = 200  # distinct values
_IDENTITY = re.compile(
    r"\d{17}[\dXx]|\d{3}-\d{2}-\d{4}"  # identity cards
    r"|[2-9]\d{3}([- ]?\d{4}){3}([- ]?\d{3})?"  # bank cards; Unix time begins with 1
    r"|(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"  # mobile phones
    r"|(?:\(0\d{2,3}\) ?|0\d{2,3}[- ])\d{7,8}|(?:\(\d{3}\) ?|\d{3}-)\d{3}-\d{4}"  # landlines
    r"|\+\d{1,3}([- ]?\d{2,4}){3,4}"
    r"|\d{3,6}[*xX•]{4,}\d{3,4}[\dXx]?"  # any of them with a hidden middle
    r"|[^@\s]+@[^@\s]+\.\w+"
)
_COUNTED = re.compile(r"customers|patients|客户数|顾客数|人数|人次", re.I)
_MOST = 0.8
_FEWEST = 5  # different values: a handful of kinds names nobody


def looks_personal(name: str, values: Sequence[Any]) -> bool:
    """Say whether a column's different values, or its name, tell who somebody is."""
    written = dict.fromkeys(text(value).strip() for value in values[:_LOOKED_AT])
    texts = [t for t in written if t not in MISSING]
    if not texts:
        return False
    if sum(bool(_IDENTITY.fullmatch(t)) for t in texts) >= _MOST * len(texts):
        return True
    if not sounds_personal(name) or len(texts) < _FEWEST:
        return False
    # 120 customers a day are nobody; customer 17850 is somebody
    return not (_COUNTED.search(name) and all(len(t) < 5 and t.isdigit() for t in texts))


def without_personal(source: Source, mapping: Mapping, report: Report) -> Mapping:
    """Note personal data in the chosen columns; return the mapping without what is left out."""
    left_out = set()
    for role in ("ids", "known", "past", "static"):
        for place, name in enumerate(getattr(mapping, role)):
            whole: Column = source.table.column(name)
            rows = len(whole) - whole.null_count
            column = coded(whole.slice(0, _ROWS))
            if not looks_personal(name, column.values):
                continue
            numbers, first = source.row_numbers(), np.flatnonzero(column.codes >= 0)[:5]
            shown = [f"row {numbers[i]}: {_masked(column, int(i))}" for i in first]
            words = say("personal_data", column=name)
            pointer = f"/mapping/{role}/{place}"
            fix = report.note("personal_data", "warning", rows, words, shown, pointer, name)
            left_out |= {name} if fix == "drop" else set()
    if not left_out:
        return mapping
    roles = ("ids", "known", "past", "static")
    kept = {role: [n for n in getattr(mapping, role) if n not in left_out] for role in roles}
    return mapping.model_copy(update=kept)


def _masked(column: Coded, row: int) -> str:
    """Return a value so that it cannot be read again."""
    shown = text(column.values[column.codes[row]])
    return shown[:2] + "•" * min(8, max(1, len(shown) - 2))
