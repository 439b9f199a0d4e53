"""Settles by which clock the dates of a panel count, once its frequency is known."""

import numpy as np

from services.registry.cleaning.frequency import DAY, Grid, parse
from services.registry.cleaning.report import Report
from services.registry.cleaning.rhythm import Steps, guess
from services.registry.cleaning.rows import Rows
from services.registry.cleaning.zones import midnights
from services.registry.sentences import say


def by_local_days(rows: Rows) -> Rows | None:
    """Return the rows with local dates instead of UTC; None where their texts name no zone."""
    if rows.zoned is None:
        return None
    local = rows.zoned.local
    if (local == rows.zoned.utc).all():
        local = midnights(local)
    moments, rank = np.unique(local, return_inverse=True)
    there = Rows(**vars(rows))
    there.moments, there.dates = moments, rank.astype(np.int32)[rows.dates]
    return there


def settled(rows: Rows, alias: str | None) -> Rows:
    """Return rows whose dates name no zone any more, by the frequency or the dates themselves."""
    there = by_local_days(rows)
    if there is None:
        return rows
    moments = there.moments
    grid = parse(alias or guess(moments, Steps.between(moments)), moments)
    settled = there if counts_days(grid) else Rows(**vars(rows))
    settled.zoned = None
    return settled


def counts_days(grid: Grid) -> bool:
    """Say whether a grid's steps are days or longer."""
    return grid.kind != "fixed" or grid.step >= DAY


def note_clock(rows: Rows, grid: Grid, report: Report) -> None:
    """Say by which clock the dates count, where their texts name a zone."""
    if rows.zoned is None:
        return
    zoned = rows.zoned
    if not counts_days(grid):
        said = say("zone_steps", zone=zoned.name)
    elif not (zoned.local == zoned.utc).all():
        said = say("zone_local", zone=zoned.name)
    elif np.isin(rows.moments, zoned.utc).all():
        return  # midnights of UTC, or days of sales by a clock in UTC: nothing was changed
    else:
        said = say("zone_midnights", zone=zoned.name)
    report.note("time_zones", "info", len(zoned.utc), said)
