"""Shows a file before it is stored, with the mapping that it seems to need."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np

from services.registry.cleaning.clean import arranged, clean
from services.registry.cleaning.columns import Coded
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.report import FIXES
from services.registry.guessing.profiles import profile
from services.registry.guessing.roles import Roles, guess_roles
from services.registry.guessing.words import sounds_sold
from services.registry.reading.joined_dates import join, joints
from services.registry.reading.source import Source
from services.registry.sentences import Said, say
from shared.contracts.datasets import Finding, Gaps, Mapping, Preview, Reading
from shared.kit.errors import Invalid

_ROWS = 20
_RETURNS = 0.05  # sales have some negative values, measurements have many
_EPOCH = dt.datetime(1970, 1, 1)
# What a sensible person would choose where refusing is the safe default.
_PROPOSED = {
    "duplicate_rows": "sum",
    "invalid_dates": "drop",
    "missing_ids": "drop",
    "ragged_rows": "drop",
    "second_header": "drop",
    "text_in_numbers": "missing",
    "not_finite": "missing",
}


def guess_mapping(source: Source, reading: Reading) -> tuple[Roles, Mapping | None]:
    """Return the roles of the columns, and the mapping they make, if date and target are there."""
    decimal = source.format.decimal or "."
    for name in joints(source.names):
        join(source, name)
    table = source.all_rows()
    roles = guess_roles([profile(n, table.column(n), decimal) for n in table.column_names])
    date, target = roles.having("date"), roles.having("target")
    if roles.layout == "long" and not target:
        return roles, None
    if roles.layout != "dates" and not date:
        return roles, None
    return roles, Mapping(
        date=date[0] if date else "",
        target=target[0] if roles.layout == "long" else "value",
        ids=roles.having("id"),
        known=roles.having("known"),
        past=roles.having("past"),
        static=roles.having("static"),
        layout=roles.layout,
        values=roles.having("value"),
        gaps=_gaps(roles),
        reading=reading,
    )


def _gaps(roles: Roles) -> Gaps:
    """Say that nothing was there on a date without a row only for what is sold or counted."""
    numbers = [roles.guesses[n].profile for n in (*roles.having("target"), *roles.having("value"))]
    sold = any(sounds_sold(p.name) for p in numbers) or all(p.whole for p in numbers)
    return Gaps.zero if sold else Gaps.missing


def no_mapping(roles: Roles) -> Invalid:
    """Say which column could not be found."""
    missing = "date" if not roles.having("date") else "target"
    return Invalid(_no_column(roles).text, field=f"/mapping/{missing}")


def preview(source: Source, reading: Reading, mapping: Mapping | None = None) -> Preview:
    """Show a sample of a file, cleaned by the given or the guessed mapping."""
    roles, guessed = guess_mapping(source, reading)
    chosen = mapping or guessed
    sampled = source.table.num_rows
    rows, findings, frequency = [], [], None
    if chosen is None:
        findings = [_error("no_mapping", _no_column(roles))]
    else:
        try:
            if mapping is None:
                first, report = arranged(replace(source), chosen, "preview")
                chosen = _with_proposals(chosen, report.findings(), first)
            panel, findings = _cleaned(source, chosen)
        except Invalid as error:
            findings = [_error("invalid", say("invalid", reason=error.detail))]
        else:
            rows, frequency = _first_rows(panel, chosen), panel.grid.alias
            findings += _left_out(roles, chosen)
    return Preview(
        format=source.format,
        columns=roles.columns(),
        layout=chosen.layout if chosen else roles.layout,
        mapping=chosen,
        frequency=frequency,
        rows=rows,
        findings=findings,
        sampled_rows=sampled,
        complete=source.complete,
        rows_estimate=source.rows,
    )


def _cleaned(source: Source, mapping: Mapping) -> tuple[Panel, list[Finding]]:
    panel, _, report = clean(replace(source), mapping, "preview", strict=False)
    return panel, report.findings()


def _left_out(roles: Roles, mapping: Mapping) -> list[Finding]:
    """Say which columns with personal data have no role, and so are not kept."""
    used = {mapping.date, mapping.target, *mapping.ids, *mapping.known, *mapping.past}
    used |= {*mapping.static, *mapping.values}
    found = []
    for name, guess in roles.guesses.items():
        if not guess.profile.personal or name in used:
            continue
        said = say("personal_left_out", column=name)
        filled = guess.profile.filled
        found.append(said.finding("personal_data", "warning", filled, column=name, fix="drop"))
    return found


def _no_column(roles: Roles) -> Said:
    key = "no_date" if not roles.having("date") else "no_target"
    return say(key, columns=list(roles.guesses)[:30])


def _error(code: str, said: Said) -> Finding:
    return said.finding(code, "error")


def _with_proposals(mapping: Mapping, findings: list[Finding], panel: Panel) -> Mapping:
    codes = {finding.code for finding in findings}
    fixes = {code: fix for code, fix in _PROPOSED.items() if code in codes}
    assert all(fix in FIXES[code] for code, fix in fixes.items())
    # Nothing sold is a zero; nothing measured is not.
    some = panel.target[~np.isnan(panel.target)]
    counted = bool(np.all(some == np.round(some)))
    is_sales = (sounds_sold(mapping.target) or counted) and float(np.mean(some < 0)) < _RETURNS
    daily = panel.grid.kind == "business" or panel.grid.alias in ("D", "B")
    gaps = Gaps.zero if is_sales and daily and len(panel.ids) > 0 else Gaps.missing
    return mapping.model_copy(update={"fixes": fixes, "gaps": gaps, "frequency": panel.grid.alias})


def _first_rows(panel: Panel, mapping: Mapping) -> list[dict[str, str | float | None]]:
    rows = []
    for cell in range(min(_ROWS, len(panel.target))):
        series = int(np.searchsorted(panel.offsets, cell, side="right")) - 1
        row: dict[str, Any] = {n: c.values[c.codes[series]] for n, c in panel.ids.items()}
        period = np.array([panel.first[series] + cell - panel.offsets[series]])
        moment = _EPOCH + dt.timedelta(microseconds=int(panel.grid.moments(period)[0]))
        row["date"] = moment.isoformat()
        row[mapping.target] = _number(panel.target[cell])
        for name, column in panel.covariates.items():
            row[name] = _text(column, cell) if isinstance(column, Coded) else _number(column[cell])
        row |= {name: _text(column, series) for name, column in panel.static.items()}
        rows.append(row)
    return rows


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _text(column: Coded, place: int) -> str | None:
    code = column.codes[place]
    return None if code < 0 else str(column.values[code])
