"""Finds what stands between the fields of a text table, and what stands around them."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice

_COMMON = (",", ";", "\t", "|")
_RARE = ("\x01", "^", "~", " ", ":")  # only where no common one is: they stand in texts and times
_EVEN = 0.8
_LOOKED_AT = 200  # rows
_HEAD = 1 << 18  # letters
_VALUE = re.compile(r"[-+]?[\d.,'’ %$€£¥()]*\d[\d.,'’ %$€£¥()]*|\d{1,4}[-/.年]\d{1,2}\D.*")


def find_delimiter(text: str) -> str:
    """Return the delimiter that makes the most even table with the cleanest cells."""
    scores = {delimiter: _score(text, delimiter) for delimiter in _COMMON}
    best = max(_COMMON, key=lambda d: (*scores[d], -_COMMON.index(d)))
    if scores[best][1] > 1:
        return best
    rare = (d for d in _RARE if d in text and _score(text, d)[0] >= _EVEN)
    return next(rare, best)


def find_quote(text: str, delimiter: str) -> str:
    """Return the sign around fields: a single quote where most lines have fields in it."""
    lines = text[:_HEAD].splitlines()[:_LOOKED_AT]
    mark = re.escape(delimiter)
    single = re.compile(rf"(?:^|{mark})'(?:[^']|'')*'(?={mark}|$)")
    found = sum(bool(single.search(line)) for line in lines)
    return "'" if found * 2 > len(lines) and '"' not in text[:_HEAD] else '"'


def _score(text: str, delimiter: str) -> tuple[float, int]:
    """Return how even the table is and how clean its cells are, and its width."""
    reader = csv.reader(io.StringIO(text[:_HEAD], newline=""), delimiter=delimiter)
    try:
        rows = [row for row in islice(reader, _LOOKED_AT) if row]
    except csv.Error:
        return 0.0, 0
    if not rows:
        return 0.0, 0
    width, number = Counter(map(len, rows)).most_common(1)[0]
    if width < 2:
        return 0.0, 0
    cells = [cell for row in rows if len(row) == width for cell in row if cell.strip()]
    return round(number / len(rows) * _clean_share(cells), 2), width


def _clean_share(cells: Iterable[str]) -> float:
    """Return which share of the cells holds no other delimiter, but for the comma of a number."""
    clean = [
        not any(mark in cell for mark in ";\t|")
        and ("," not in cell or bool(_VALUE.fullmatch(cell.strip())))
        for cell in cells
    ]
    return sum(clean) / len(clean) if clean else 0.0
