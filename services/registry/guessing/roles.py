"""Gives each column a role, from its name, its values, and what the other columns are."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.registry.guessing.choosing import choose_date, choose_number
from services.registry.guessing.dates_across import dates_across
from services.registry.guessing.joined import settle_joined, weigh_joined
from services.registry.guessing.profiles import Profile
from services.registry.guessing.wide import TOTALS, columns_of_series
from services.registry.guessing.words import bare, role_by_name
from services.registry.sentences import Said, say
from shared.contracts.datasets import ColumnGuess, Layout

Role = Literal["date", "target", "id", "known", "past", "static", "value", "ignore"]
_MOST_TEXTS = 6
_ALMOST = 0.98  # a few rows may be there twice


@dataclass
class Guess:
    """A role, how sure, and why."""

    profile: Profile
    role: Role = "ignore"
    confidence: float = 0.5
    reason: Said | None = None


@dataclass
class Roles:
    """The roles of all columns, by name."""

    guesses: dict[str, Guess] = field(default_factory=dict)
    layout: Layout = "long"

    def having(self, role: Role) -> list[str]:
        """Return the columns with a role, in the order of the file."""
        return [name for name, guess in self.guesses.items() if guess.role == role]

    def columns(self) -> list[ColumnGuess]:
        """Return what a client reads."""
        return [
            ColumnGuess(
                name=name,
                type="date" if g.role == "date" else g.profile.type,
                examples=g.profile.examples,
                role=g.role,
                confidence=g.confidence,
                reason=g.reason.text if g.reason else "",
                sentences=g.reason.sentences if g.reason else [],
                personal=g.profile.personal,
            )
            for name, g in self.guesses.items()
        ]


def guess_roles(profiles: list[Profile]) -> Roles:
    """Guess the role of every column."""
    nameless = all(p.name == f"column_{i}" for i, p in enumerate(profiles, 1))
    roles = Roles({p.name: _first_guess(p, nameless) for p in profiles})
    if dates_across(roles.guesses):
        roles.layout = "dates"
        return roles
    first = next(iter(roles.guesses.values()), None)
    if first is not None and first.confidence < 0.5 and _counts_rows(first.profile):
        first.role, first.confidence, first.reason = "ignore", 0.7, say("counts_rows")
    weigh_joined(roles.guesses)
    choose_date(roles.guesses)
    settle_joined(roles.guesses)
    _one_target(roles)
    _name_by_values(roles)
    if (values := columns_of_series(roles.guesses)) is not None:
        _melt(roles, values)
        return roles
    _no_shadow_ids(roles)
    _settle_static(roles)
    if not roles.having("target"):
        choose_number(roles.guesses)
    return roles


def _first_guess(profile: Profile, nameless: bool) -> Guess:
    if profile.type == "empty":
        return Guess(profile, "ignore", 1.0, say("is_empty"))
    if profile.personal:
        return Guess(profile, "ignore", 0.9, say("is_personal"))
    if nameless:
        return _by_values(profile)
    if profile.name.startswith("column_") or bare(profile.name).startswith("unnamed"):
        return Guess(profile, "ignore", 0.7, say("is_nameless"))
    return _by_name(profile) or _by_values(profile)


def _by_name(profile: Profile) -> Guess | None:
    by_name = role_by_name(profile.name)
    if by_name is not None:
        role, confidence = by_name
        if _fits(role, profile):
            return Guess(profile, _as_role(role), confidence, say("name_says_so"))
    return None


def _by_values(profile: Profile) -> Guess:
    if profile.type == "date":
        return Guess(profile, "date", 0.6, say("holds_dates"))
    if profile.type == "number":
        if profile.distinct < 2:
            return Guess(profile, "ignore", 0.6, say("is_constant"))
        return Guess(profile, "past", 0.4, say("holds_numbers"))
    if profile.distinct < 2:
        return Guess(profile, "ignore", 0.4, say("is_constant"))
    return Guess(profile, "static", 0.3, say("holds_text"))


def _counts_rows(profile: Profile) -> bool:
    steps = np.diff(profile.numbers)
    return profile.whole and len(steps) > 20 and float((steps == 1).mean()) > _ALMOST


def _fits(role: str, profile: Profile) -> bool:
    if role == "date":
        return profile.could_be_date
    if role == "target":
        return profile.type != "date" and profile.numeric > 0.5  # the rest is noted as text
    if role == "id":
        return profile.type != "date" and (profile.type == "text" or profile.whole)
    return profile.type != "date" and not (role == "static" and bare(profile.name) in TOTALS)


def _as_role(role: str) -> Role:
    allowed: dict[str, Role] = {
        "date": "date",
        "target": "target",
        "id": "id",
        "known": "known",
        "past": "past",
        "static": "static",
    }
    return allowed.get(role, "ignore")


def _one_target(roles: Roles) -> None:
    found = roles.having("target")
    if not found:
        return
    best = max(found, key=lambda name: roles.guesses[name].confidence)
    for name in found:
        if name != best:
            guess = roles.guesses[name]
            guess.role, guess.reason = "past", say("other_target")


def _melt(roles: Roles, values: list[str]) -> None:
    """Read columns of numbers as one series each; what names the rows stays."""
    roles.layout = "wide"
    for name in (*roles.having("past"), *roles.having("target")):
        if name not in values and roles.guesses[name].confidence <= 0.6:
            roles.guesses[name].role = "ignore"
            roles.guesses[name].reason = say("same_for_all")
    for name in values:
        guess = roles.guesses[name]
        guess.role, guess.confidence = "value", 0.7
        guess.reason = say("one_of_many")
    _no_shadow_ids(roles)
    _settle_static(roles)


def _name_by_values(roles: Roles) -> None:
    """Let a column name the series where each date has one row of each of its values."""
    if roles.having("id") or not roles.having("date"):
        return
    numbers = [n for n in roles.having("past") if roles.guesses[n].confidence < 0.5]
    spare = numbers if roles.having("target") else numbers[:-1]  # the last may be the target
    columns = roles.having("static") + [n for n in spare if _could_name(roles.guesses[n])]
    best = min(columns, key=lambda n: roles.guesses[n].profile.distinct, default=None)
    found = next((n for n in columns if _splits(roles, n)), best)
    if found is not None and _splits(roles, found):
        _make_ids(roles, [found])
        return
    texts = [n for n in roles.having("static") if roles.guesses[n].profile.type == "text"]
    pairs = [p for p in combinations(texts[:_MOST_TEXTS], 2) if _splits(roles, *p)]
    if pairs:
        _make_ids(roles, pairs[0])


def _make_ids(roles: Roles, names: Iterable[str]) -> None:
    for name in names:
        guess = roles.guesses[name]
        guess.role, guess.confidence = "id", 0.7
        guess.reason = say("tells_rows_apart")


def _could_name(guess: Guess) -> bool:
    profile = guess.profile
    return profile.whole and not profile.negative and profile.distinct * 2 <= profile.filled


def _no_shadow_ids(roles: Roles) -> None:
    """Leave out ids that only name what another one already names; a name beside a code."""
    ids = roles.having("id")
    for name in ids:
        guess = roles.guesses[name]
        if guess.profile.distinct < 2 and len(ids) > 1 and guess.confidence < 0.9:
            guess.role, guess.reason = "ignore", say("is_constant")
    weak = [n for n in roles.having("id") if roles.guesses[n].confidence < 0.9]
    for name in weak:
        others = [o for o in roles.having("id") if o != name]
        codes = roles.guesses[name].profile.codes.codes
        keys = _keys(roles, others)
        if others and _is_function(keys, codes):
            unique = _is_function(codes, keys.astype(np.int32))
            roles.guesses[name].role = "ignore" if unique else "static"
            roles.guesses[name].reason = say("others_name_series")
    for name in roles.having("id"):
        others = [o for o in roles.having("id") if o != name]
        twin = next((o for o in others if _decides(roles, o, name)), None)
        weaker = roles.guesses[name].confidence < 0.9
        if twin is not None and weaker:
            roles.guesses[name].role = "static"
            roles.guesses[name].reason = say("goes_with", column=twin)


def _settle_static(roles: Roles) -> None:
    """Keep as static what each series has one of; text that varies is a covariate or nothing."""
    for name in roles.having("static"):
        guess = roles.guesses[name]
        if not roles.having("id"):
            guess.role, guess.reason = "ignore", say("describes_nothing")
        elif not _decided_by_ids(roles, name):
            if (
                guess.profile.type == "text"
                and 2 <= guess.profile.distinct <= 200
                and _splits(roles, name)
            ):
                guess.role, guess.confidence = "id", 0.5
                guess.reason = say("tells_rows_apart")
            else:
                guess.role, guess.reason = "ignore", say("varies_within")
        elif guess.confidence < 0.5:
            guess.confidence, guess.reason = 0.6, say("one_per_series")


def _decided_by_ids(roles: Roles, name: str) -> bool:
    keys = _keys(roles, roles.having("id"))
    return _is_function(keys, roles.guesses[name].profile.codes.codes)


def _splits(roles: Roles, *names: str) -> bool:
    """Say whether columns make (series, date) unique where it is not so without it."""
    date = roles.having("date")
    if not date:
        return False
    without = _keys(roles, [*roles.having("id"), date[0]])
    if len(np.unique(without)) >= _ALMOST * len(without):
        return False
    with_it = _keys(roles, [*roles.having("id"), date[0], *names])
    return len(np.unique(with_it)) >= _ALMOST * len(with_it)


def _decides(roles: Roles, one: str, other: str) -> bool:
    """Say whether each value of `one` goes with one value of `other`."""
    left, right = (roles.guesses[n].profile for n in (one, other))
    if left.distinct < max(2, right.distinct) or right.distinct < 2:
        return False
    return left.distinct > right.distinct and _is_function(left.codes.codes, right.codes.codes)


def _keys(roles: Roles, names: list[str]) -> NDArray[np.integer]:
    keys = np.zeros(1, np.int64)
    for name in names:
        codes = roles.guesses[name].profile.codes.codes.astype(np.int64)
        _, keys = np.unique(keys * (codes.max(initial=0) + 2) + codes + 1, return_inverse=True)
    return keys


def _is_function(keys: NDArray[np.integer], codes: NDArray[np.integer]) -> bool:
    some = codes >= 0
    keys = np.broadcast_to(keys, codes.shape)
    pairs = np.unique(np.stack([keys[some], codes[some]]), axis=1).shape[1]
    return bool(pairs == len(np.unique(keys[some])))
