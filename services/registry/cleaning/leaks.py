"""Finds known covariates that tell the target: they cannot be known before it.

A past covariate may tell as much as it likes, since nobody looks at its future.
"""

import numpy as np
from numpy.typing import NDArray

from services.registry.cleaning.columns import Coded, Floats
from services.registry.cleaning.panel import Panel
from services.registry.cleaning.report import Report
from services.registry.sentences import say
from shared.contracts.datasets import Mapping

_LEAK = 0.98
_FEWEST = 20  # values that are compared
_MOST = 0.9  # so large a share of the series must be told
_LOOKED_AT = 1_000_000  # cells
_TINY = 1e-12


def drop_leaks(panel: Panel, mapping: Mapping, report: Report) -> None:
    """Enter the covariates that almost equal the target, and leave them out if that was chosen."""
    leaking = [name for name in mapping.known if _tells(panel, name)]
    if not leaking:
        return
    fix = report.note(
        "leaking_covariate",
        "warning",
        len(leaking),
        say("leaking_covariate"),
        leaking,
    )
    if fix == "drop":
        for name in leaking:
            del panel.covariates[name]


def _tells(panel: Panel, name: str) -> bool:
    column = panel.covariates.get(name)
    if column is None or isinstance(column, Coded):
        return False
    step = max(1, len(column) // _LOOKED_AT)
    x, y = column[::step], panel.target[::step]
    both = ~np.isnan(x) & ~np.isnan(y)
    if both.sum() < _FEWEST:
        return False
    whole = np.zeros(int(both.sum()), np.int64)
    if abs(_correlations(x[both], y[both], whole, 1)[0]) > _LEAK:
        return True
    return panel.count > 1 and _tells_each(panel, column)


def _tells_each(panel: Panel, column: Floats) -> bool:
    """Say whether most series are a multiple of their covariate, step by step.

    The changes must agree too: two lines that both rise are no leak.
    """
    few = max(1, len(column) // _LOOKED_AT)
    chosen = np.arange(0, panel.count, few)
    cells = np.concatenate(
        [np.arange(panel.offsets[k], panel.offsets[k + 1]) for k in chosen.tolist()]
    )
    owner = np.repeat(np.arange(len(chosen)), panel.lengths[chosen])
    x, y = column[cells], panel.target[cells]
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y, owner = x[both], y[both], owner[both]
    same = owner[1:] == owner[:-1]
    levels = _correlations(x, y, owner, len(chosen))
    changes = _correlations(np.diff(x)[same], np.diff(y)[same], owner[1:][same], len(chosen))
    told = (np.abs(levels) > _LEAK) & (np.abs(changes) > _LEAK)
    sure = (np.bincount(owner, minlength=len(chosen)) >= _FEWEST) & ~np.isnan(levels)
    return bool(sure.any() and told[sure].mean() >= _MOST)


def _correlations(x: Floats, y: Floats, owner: NDArray[np.int64], count: int) -> Floats:
    """Return the correlation within each series; NaN where one of both does not vary."""
    with np.errstate(divide="ignore", invalid="ignore"):
        number = np.bincount(owner, minlength=count)
        x = x - (np.bincount(owner, x, count) / number)[owner]
        y = y - (np.bincount(owner, y, count) / number)[owner]
        spread_x, spread_y = (np.bincount(owner, v * v, count) / number for v in (x, y))
        found = np.bincount(owner, x * y, count) / number / np.sqrt(spread_x * spread_y)
    varies = (spread_x > _TINY) & (spread_y > _TINY)
    return np.where(varies, found, np.nan)
