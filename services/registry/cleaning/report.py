"""Collects what the checks find, and which fix was chosen for each finding."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from services.registry.sentences import Said
from shared.contracts.datasets import Finding, Mapping, Severity
from shared.contracts.problems import FieldError
from shared.kit.errors import Invalid

# By code: what may be done; the first is what is done unless the mapping says otherwise.
FIXES: dict[str, tuple[str, ...]] = {
    "ragged_rows": ("refuse", "drop"),
    "second_header": ("refuse", "drop"),
    "invalid_dates": ("refuse", "drop"),
    "missing_ids": ("refuse", "drop"),
    "text_in_numbers": ("refuse", "missing"),
    "not_finite": ("refuse", "missing"),
    "duplicate_rows": ("refuse", "sum", "mean", "last"),
    "missing_dates": ("zero", "missing", "interpolate", "closed"),
    "missing_values": ("missing", "zero", "interpolate"),
    "negative_values": ("keep", "zero", "missing"),
    "leading_zeros": ("keep", "trim"),
    "empty_series": ("drop",),
    "dead_series": ("keep", "drop"),
    "constant_series": ("keep", "drop"),
    "short_series": ("keep", "drop"),
    "outliers": ("keep", "missing", "cap"),
    "mixed_frequency": ("keep", "drop"),
    "future_rows": ("keep", "drop"),
    "leaking_covariate": ("keep", "drop"),
    "personal_data": ("keep", "drop"),
}
SHOWN = 5
_MOST_SENTENCES = 20
_ORDER = {"error": 0, "warning": 1, "info": 2}


class Report:
    """What was found. A strict one refuses where the chosen fix is to refuse.

    A preview is not strict: it lists the problems and goes on without the rows concerned.
    """

    def __init__(self, mapping: Mapping, strict: bool = True) -> None:
        self.strict = strict
        self.date_order: str | None = None  # which part of the dates stands first, if one does
        self.whole = True  # whether it is about all rows of a file, not about its beginning
        self._found: dict[tuple[str, str | None], Finding] = {}
        self._chosen = {"missing_dates": mapping.gaps.value, **mapping.fixes}
        for code, choice in mapping.fixes.items():
            _check_choice(code, choice)

    def fix(self, code: str) -> str:
        """Return the fix that is chosen for a finding."""
        return self._chosen.get(code, FIXES[code][0])

    def note(
        self,
        code: str,
        severity: Severity,
        count: int,
        said: Said,
        examples: Iterable[str] = (),
        field: str | None = None,
        column: str | None = None,
    ) -> str | None:
        """Enter a finding and return the fix for it, if there is one to choose.

        Raises:
            Invalid: the fix is to refuse, and the report is strict.
        """
        choices = list(FIXES.get(code, ()))
        chosen = self.fix(code) if choices else None
        shown = list(examples)[:SHOWN]
        if chosen == "refuse" and self.strict:
            raise _refused(code, said.text, shown, choices, field)
        if severity == "error" and chosen != "refuse":
            severity = "warning"
        more = {"column": column, "examples": shown, "fixes": choices, "fix": chosen}
        self.adopt(said.finding(code, severity, count, **more))
        return chosen

    def add(self, findings: Sequence[Finding], field: str) -> None:
        """Enter what the reader found."""
        for f in findings:
            said = Said(f.detail, f.sentences)
            self.note(f.code, f.severity, f.count, said, f.examples, field, f.column)

    def adopt(self, finding: Finding) -> None:
        """Enter what was found elsewhere; findings of one kind in one column become one."""
        key = finding.code, finding.column
        before = self._found.get(key)
        if before is not None:
            examples = list(dict.fromkeys([*before.examples, *finding.examples]))[:SHOWN]
            told = finding.detail in before.detail
            more = [] if told else finding.sentences
            update = {
                "count": before.count + finding.count,
                "detail": before.detail if told else f"{before.detail} {finding.detail}"[:1000],
                "sentences": [*before.sentences, *more][:_MOST_SENTENCES],
                "examples": examples,
                "severity": min(before.severity, finding.severity, key=_ORDER.__getitem__),
            }
            finding = before.model_copy(update=update)
        self._found[key] = finding

    def findings(self) -> list[Finding]:
        """Return all findings, worst first."""
        return sorted(self._found.values(), key=lambda finding: _ORDER[finding.severity])


def _check_choice(code: str, choice: str) -> None:
    if code not in FIXES:
        raise Invalid(
            f"There is no finding {code[:60]!r} to fix. There are: {', '.join(FIXES)}.",
            field=f"/mapping/fixes/{code[:60]}",
        )
    if choice not in FIXES[code]:
        raise Invalid(
            f"{choice[:60]!r} is no fix for {code}. Choose from: {', '.join(FIXES[code])}.",
            field=f"/mapping/fixes/{code}",
        )


def _refused(
    code: str, detail: str, examples: list[str], choices: list[str], field: str | None
) -> Invalid:
    others = [choice for choice in choices if choice != "refuse"]
    words = detail
    if examples:
        words += f" First: {'; '.join(examples)}."
    words += f" Correct the file, or choose mapping.fixes.{code} = {' | '.join(others)}."
    pointers = [FieldError(pointer=field, detail=words)] if field else []
    return Invalid(words, errors=pointers)


def row_names(numbers: NDArray[np.int32], where: NDArray[np.int64]) -> list[str]:
    """Return the first rows of some for a person; none where a number would name no one row."""
    return [f"row {numbers[i]}" for i in where[:SHOWN] if numbers[i]]
