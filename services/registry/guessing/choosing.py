"""Chooses the one column of dates and the number to forecast where names do not decide it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.registry.guessing.words import bare
from services.registry.sentences import say

if TYPE_CHECKING:
    from services.registry.guessing.roles import Guess

_PARTS = (
    "year month day hour week quarter weekday weekdayname dayofweek dayofyear weekofyear weekno "
    "weeknumber minute yr mo mon mnth jahr monat 年 月 日 时 年份 月份 小时 季度 星期 周"
)
CALENDAR = frozenset(_PARTS.split())
_YEARS = {"year", "fiscalyear", "年", "年份", "年度", "财年"}
_LONG_AGO = re.compile(
    r"since|open|birth|born|built|found|establish|launch|expir|成立|开业|出生|上市|有效期"
)
_AMOUNTS = re.compile(
    r"amount|revenue|turnover|sales|value|visits|transactions|customers|金额|客流"
)
_FILLED = 0.9


def choose_date(guesses: dict[str, Guess]) -> None:
    """Keep the likeliest column of dates; where none is sure, take one that could be it."""
    for name, guess in guesses.items():
        if guess.role == "date" and guess.confidence < 0.9 and _LONG_AGO.search(bare(name)):
            guess.role, guess.reason = "ignore", say("when_it_began")
    found = [name for name, guess in guesses.items() if guess.role == "date"]
    found = found or _could_be_dates(guesses)
    if not found:
        return
    best = max(found, key=lambda name: (guesses[name].confidence, guesses[name].profile.distinct))
    for name in found:
        guess = guesses[name]
        if name == best:
            guess.role, guess.reason = "date", guess.reason or say("readable_as_dates")
        else:
            guess.role, guess.reason = "ignore", say("other_date")


def _could_be_dates(guesses: dict[str, Guess]) -> list[str]:
    likely = [
        name
        for name, guess in guesses.items()
        if guess.profile.looks_like_date
        and guess.role != "target"
        and bare(name) not in CALENDAR
        and not _LONG_AGO.search(bare(name))
    ]
    years = [n for n, g in guesses.items() if bare(n) in _YEARS and g.profile.could_be_date]
    return likely[:1] or years[:1]


def choose_number(guesses: dict[str, Guess]) -> None:
    """Make the only number the target, or the one that is measured most and least known ahead."""
    numbers = [
        name
        for name, guess in guesses.items()
        if guess.profile.type == "number"
        and guess.role in ("past", "known")
        and not guess.profile.truth
        and bare(name) not in CALENDAR
    ]
    if not numbers:
        return
    most = max(guesses[name].profile.filled for name in numbers)
    best = max(
        numbers,
        key=lambda name: (
            guesses[name].profile.filled >= _FILLED * most,
            guesses[name].role == "past",
            bool(_AMOUNTS.search(bare(name))),
            -numbers.index(name),
        ),
    )
    guess = guesses[best]
    guess.role, guess.confidence = "target", 0.5 if len(numbers) == 1 else 0.3
    guess.reason = say("only_numbers")
    if len(numbers) > 1:
        guess.reason = say("choose_numbers")
