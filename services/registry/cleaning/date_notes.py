"""Says what was found in a column of dates."""

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.columns import Coded
from services.registry.cleaning.date_texts import DAY_FIRST, MONTH_FIRST, YEAR_FIRST
from services.registry.cleaning.dates import Dates
from services.registry.cleaning.day_order import Decision, Places
from services.registry.cleaning.report import Report, row_names
from services.registry.reading.layout import MISSING
from services.registry.sentences import Said, say

Numbers = NDArray[np.int32]


def note_dates(found: Dates, column: Coded, numbers: Numbers, report: Report, name: str) -> None:
    """Enter blank and impossible dates, wrong weekdays, and which order was read."""
    blank = np.isin(column.codes, [-1, *_missing(column)])
    if blank.any():
        count = int(blank.sum())
        words = say("blank_rows", count=count)
        report.note("blank_rows", "info", count, words, row_names(numbers, np.flatnonzero(blank)))
    if found.impossible:
        bad = np.flatnonzero(np.isin(column.codes, found.impossible))
        words = say("invalid_dates", count=len(bad), column=name)
        examples = [f"row {numbers[i]}: {_text(column, int(i))}" for i in bad[:5]]
        report.note("invalid_dates", "error", len(bad), words, examples, "/mapping/date")
    if found.wrong_weekdays:
        wrong = np.flatnonzero(np.isin(column.codes, found.wrong_weekdays))
        words = say("wrong_weekdays", count=len(wrong))
        examples = [f"row {numbers[i]}: {_text(column, int(i))}" for i in wrong[:5]]
        report.note("wrong_weekdays", "info", len(wrong), words, examples)
    _note_order(found, column, numbers, report, name)


def _note_order(found: Dates, column: Coded, numbers: Numbers, report: Report, name: str) -> None:
    decision = found.decision
    if decision is None:
        return
    ways = decision.ways
    orders = {order for _, order in ways if order in (YEAR_FIRST, MONTH_FIRST, DAY_FIRST)}
    report.date_order = orders.pop() if len(orders) == 1 and not decision.by_rows else None
    if len(ways) == 1 and not decision.by_rows:
        report.note("date_order", "info", 1, say(f"dates_{ways[0][1]}", column=name))
        _note_misfits(found, column, numbers, report, name)
        return
    detail = say("mixed_dates", column=name)
    for places, order in ways:
        for words in _like(found, decision, places, order):
            detail += words
    if not decision.by_rows:
        report.note("mixed_dates", "info", len(ways), detail)
        _note_misfits(found, column, numbers, report, name)
        return
    where = np.flatnonzero(np.isin(column.codes, decision.against))
    report.note(
        "mixed_dates",
        "warning",
        len(where),
        detail + say("decided_by_rows"),
        [f"row {numbers[i]}: {_text(column, int(i))} is {_day(found, int(i))}" for i in where[:5]],
    )


def _like(found: Dates, decision: Decision, places: Places, order: str) -> list[Said]:
    """Say an example of a way of writing, and one of its texts that is meant otherwise."""
    fits = np.setdiff1d(places, decision.misfits)
    telling = np.intersect1d(fits, decision.against)
    shown = [say(f"like_{order}", example=str(found.texts[p])[:20]) for p in [*telling, *fits][:1]]
    others = np.intersect1d(places, decision.misfits)[:1]
    return shown + [say("like_misfit", example=str(found.texts[p])[:20]) for p in others]


def _note_misfits(found: Dates, column: Coded, numbers: Numbers, report: Report, name: str) -> None:
    assert found.decision is not None  # only what was decided gets here
    where = np.flatnonzero(np.isin(column.codes, found.decision.misfits))
    if len(where):
        words = say("misfit_dates", count=len(where), column=name)
        examples = [f"row {numbers[i]}: {_text(column, int(i))}" for i in where[:5]]
        report.note("mixed_dates", "warning", len(where), words, examples)


def _missing(column: Coded) -> list[int]:
    return [
        i
        for i, value in enumerate(column.values)
        if isinstance(value, str) and value.strip() in MISSING
    ]


def _text(column: Coded, row: int) -> str:
    return str(column.values[column.codes[row]])[:40]


def _day(found: Dates, row: int) -> str:
    local = found.moments if found.zoned is None else found.zoned.local
    return str(np.datetime64(int(local[found.codes[row]]), "us"))[:10]
