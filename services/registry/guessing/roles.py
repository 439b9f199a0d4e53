"""Gives each column a role, from its name, its values, and what the other columns are."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.registry.guessing.dates_across import dates_across
from services.registry.guessing.profiles import Profile
from services.registry.guessing.words import bare, role_by_name
from shared.contracts.datasets import ColumnGuess, Layout

Role = Literal["date", "target", "id", "known", "past", "static", "value", "ignore"]
_FEWEST_WIDE = 2
_CALENDAR = {"year", "month", "day", "hour", "week", "quarter", "weekday", "weekdayname"}


@dataclass
class Guess:
    """A role, how sure, and why."""

    profile: Profile
    role: Role = "ignore"
    confidence: float = 0.5
    reason: str = ""


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
                reason=g.reason,
                personal=g.profile.personal,
            )
            for name, g in self.guesses.items()
        ]


def guess_roles(profiles: list[Profile]) -> Roles:
    """Guess the role of every column."""
    roles = Roles({p.name: _first_guess(p) for p in profiles})
    if dates_across(roles.guesses):
        roles.layout = "dates"
        return roles
    _one_date(roles)
    _one_target(roles)
    if not roles.having("target") or _is_wide(roles):
        _try_wide(roles)
    if roles.layout == "long":
        _no_shadow_ids(roles)
        _settle_static(roles)
    return roles


def _first_guess(profile: Profile) -> Guess:
    if profile.type == "empty":
        return Guess(profile, "ignore", 1.0, "it is empty")
    if profile.personal:
        return Guess(profile, "ignore", 0.9, "it looks like personal data, so better leave it out")
    if profile.name.startswith("column_") or bare(profile.name).startswith("unnamed"):
        return Guess(profile, "ignore", 0.7, "it has no name")
    return _by_name(profile) or _by_values(profile)


def _by_name(profile: Profile) -> Guess | None:
    by_name = role_by_name(profile.name)
    if by_name is not None:
        role, confidence = by_name
        if _fits(role, profile):
            return Guess(profile, _as_role(role), confidence, "its name says so")
    return None


def _by_values(profile: Profile) -> Guess:
    if profile.type == "date":
        return Guess(profile, "date", 0.6, "it holds dates")
    if profile.type == "number":
        if profile.distinct < 2:
            return Guess(profile, "ignore", 0.6, "it always has the same value")
        return Guess(profile, "past", 0.4, "it holds numbers, which may not be known in advance")
    if profile.distinct < 2:
        return Guess(profile, "ignore", 0.4, "it always has the same value")
    return Guess(profile, "static", 0.3, "it holds text")


def _fits(role: str, profile: Profile) -> bool:
    if role == "date":
        return profile.could_be_date
    if role == "target":
        return profile.type != "date" and profile.numeric > 0.5  # the rest is noted as text
    if role == "id":
        return profile.type != "date" and (profile.type == "text" or profile.whole)
    return profile.type != "date"


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


def _one_date(roles: Roles) -> None:
    """Keep the likeliest date column; take any that could be one where none is."""
    found = roles.having("date")
    if not found:
        found = [
            name
            for name, g in roles.guesses.items()
            if g.profile.could_be_date and bare(name) not in _CALENDAR and g.role != "target"
        ][:1]
    if not found:
        return
    best = max(
        found, key=lambda n: (roles.guesses[n].confidence, roles.guesses[n].profile.distinct)
    )
    for name in found:
        guess = roles.guesses[name]
        if name == best:
            guess.role, guess.reason = "date", guess.reason or "its values can be read as dates"
        else:
            guess.role, guess.reason = "ignore", "another column is the date"


def _one_target(roles: Roles) -> None:
    found = roles.having("target")
    if not found:
        return
    best = max(found, key=lambda name: roles.guesses[name].confidence)
    for name in found:
        if name != best:
            guess = roles.guesses[name]
            guess.role, guess.reason = "past", "another column is the target"


def _numeric(roles: Roles) -> list[str]:
    return [
        name
        for name, g in roles.guesses.items()
        if g.profile.type == "number" and g.role in ("past", "known", "target", "id")
    ]


def _is_wide(roles: Roles) -> bool:
    """Say whether many nameless numbers stand beside a target that was only half recognised."""
    target = roles.having("target")[0]
    others = [
        name
        for name in roles.having("past")
        if roles.guesses[name].confidence < 0.5 and not roles.having("id")
    ]
    return roles.guesses[target].confidence < 0.6 and len(others) >= 3


def _try_wide(roles: Roles) -> None:
    """Read several unknown number columns beside a date, without ids, as one series each."""
    numeric = [n for n in _numeric(roles) if bare(n) not in _CALENDAR]
    unknown = [n for n in numeric if roles.guesses[n].confidence <= 0.6]
    if not roles.having("date"):
        return
    if len(unknown) >= _FEWEST_WIDE and not roles.having("id"):
        roles.layout = "wide"
        for name in unknown:
            guess = roles.guesses[name]
            guess.role, guess.confidence = "value", 0.7
            guess.reason = "several columns hold numbers for the same dates: one series each"
        for name in (*roles.having("past"), *roles.having("static"), *roles.having("target")):
            roles.guesses[name].role = "ignore"
    elif unknown and not roles.having("target"):
        best = min(unknown, key=lambda n: roles.guesses[n].role != "past")
        roles.guesses[best] = replace(
            roles.guesses[best], role="target", confidence=0.4, reason="it is a column of numbers"
        )


def _no_shadow_ids(roles: Roles) -> None:
    """Leave out ids that only name what another one already names; a name beside a code."""
    ids = roles.having("id")
    for name in ids:
        guess = roles.guesses[name]
        if guess.profile.distinct < 2 and len(ids) > 1 and guess.confidence < 0.9:
            guess.role, guess.reason = "ignore", "it always has the same value"
    for name in roles.having("id"):
        others = [o for o in roles.having("id") if o != name]
        twin = next((o for o in others if _decides(roles, o, name)), None)
        weaker = roles.guesses[name].confidence < 0.9
        if twin is not None and weaker:
            roles.guesses[name].role = "static"
            roles.guesses[name].reason = f"each {twin} has one"


def _settle_static(roles: Roles) -> None:
    """Keep as static what each series has one of; text that varies is a covariate or nothing."""
    for name in roles.having("static"):
        guess = roles.guesses[name]
        if not roles.having("id"):
            guess.role, guess.reason = "ignore", "there is nothing that it could describe"
        elif not _decided_by_ids(roles, name):
            if (
                guess.profile.type == "text"
                and 2 <= guess.profile.distinct <= 200
                and _splits(roles, name)
            ):
                guess.role, guess.confidence = "id", 0.5
                guess.reason = "with it, each series has one row a date"
            else:
                guess.role, guess.reason = "ignore", "it varies within a series"
        elif guess.confidence < 0.5:
            guess.confidence, guess.reason = 0.6, "each series has one value of it"


def _decided_by_ids(roles: Roles, name: str) -> bool:
    keys = _keys(roles, roles.having("id"))
    return _is_function(keys, roles.guesses[name].profile.codes.codes)


def _splits(roles: Roles, name: str) -> bool:
    """Say whether the column makes (series, date) unique where it is not so without it."""
    date = roles.having("date")
    if not date:
        return False
    without = _keys(roles, [*roles.having("id"), date[0]])
    if len(np.unique(without)) == len(without):
        return False
    with_it = _keys(roles, [*roles.having("id"), date[0], name])
    return len(np.unique(with_it)) == len(with_it)


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
