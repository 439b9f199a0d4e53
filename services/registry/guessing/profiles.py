"""Looks at the values of a column: their type, examples, and whether they are personal data."""

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from services.registry.cleaning import dates as dating
from services.registry.cleaning.columns import Coded, Floats, coded
from services.registry.cleaning.numbers import numbers
from services.registry.cleaning.personal import looks_personal
from services.registry.reading.cells import text
from services.registry.reading.layout import MISSING
from services.registry.reading.source import Column

_SHARE = 0.9
_LOOKED_AT = 300  # distinct values
_EXCEL_DAY = re.compile(r"[1-9]\d{4}(\.\d+)?")
_DATED = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])([0-3]\d)?|1\d{9}(\d{3}){0,3}")
_MONTH = 31


@dataclass(frozen=True)
class Profile:
    """What the values of a column look like."""

    name: str
    type: Literal["date", "number", "text", "empty"]
    examples: list[str]
    distinct: int
    filled: int
    codes: Coded
    personal: bool
    could_be_date: bool
    whole: bool = False
    negative: bool = False
    numeric: float = 0.0  # which share of the filled cells is numbers
    looks_like_date: bool = False  # even where its name says nothing
    truth: bool = False  # only yes and no
    numbers: Floats = field(default_factory=lambda: np.zeros(0))


def profile(name: str, column: Column, decimal: str) -> Profile:
    """Look at one column of a sample."""
    found = coded(column)
    values = [v for v in found.values if not _is_missing(v)]
    shown = [text(value)[:60] for value in values[:4]]
    filled = int(
        np.isin(found.codes, [i for i, v in enumerate(found.values) if not _is_missing(v)]).sum()
    )
    looked_at = values[:_LOOKED_AT]
    is_date = _date_share(looked_at)
    read = numbers(column, decimal)
    number = ~np.isnan(read.values)
    is_number = filled > 0 and number.sum() >= _SHARE * filled and not _is_moment(looked_at)
    kind: Literal["date", "number", "text", "empty"] = "text"
    if not values:
        kind = "empty"
    elif is_date and not is_number:
        kind = "date"
    elif is_number:
        kind = "number"
    good = read.values[number] if is_number else np.zeros(0)
    return Profile(
        name=name,
        type=kind,
        examples=shown,
        distinct=len({text(v) for v in values}),
        filled=filled,
        codes=found,
        personal=looks_personal(name, looked_at),
        could_be_date=is_date,
        whole=bool(len(good)) and bool((good == np.round(good)).all()),
        negative=bool((good < 0).any()),
        numeric=float(number.sum()) / filled if filled else 0.0,
        looks_like_date=is_date and (not is_number or _is_dated(looked_at)),
        truth=bool(len(good)) and bool(np.isin(good, (0.0, 1.0)).all()),
        numbers=read.values if is_number else np.zeros(0),
    )


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip() in MISSING) or value != value


def _is_dated(values: list[object]) -> bool:
    """Say whether numbers are dates: 20240105, 202401, Unix time, or Excel days in a row."""
    texts = [text(value).strip() for value in values]
    if all(_EXCEL_DAY.fullmatch(t) for t in texts):
        days = np.unique([float(t) for t in texts])
        return len(days) > 2 and float(np.median(np.diff(days))) <= _MONTH
    return all(_DATED.fullmatch(t) for t in texts)


def _is_moment(values: list[object]) -> bool:
    return bool(values) and hasattr(values[0], "year")


def _date_share(values: list[object]) -> bool:
    if not values:
        return False
    if _is_moment(values):
        return True
    codes = np.arange(len(values), dtype=np.int32)
    read = dating.dates(Coded(codes, values), None)
    return bool((read.moments[:-1] != dating.NAT).sum() >= _SHARE * len(values))
