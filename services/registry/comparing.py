"""Compares two versions of a dataset by their series."""

from typing import Any

import pyarrow as pa

from services.registry.tables import DatasetRow
from shared.contracts.datasets import Comparison, SeriesChange

_SHOWN = 100
Figures = dict[tuple[str, ...], dict[str, Any]]


def compare(row: DatasetRow, index: pa.Table, before: DatasetRow, old: pa.Table) -> Comparison:
    """Say which series came, went, grew or changed."""
    now, then = _figures(index, row), _figures(old, before)
    changes = [
        SeriesChange(
            keys=dict(zip(row.ids, names, strict=False)),
            change=change,
            length=now.get(names, {}).get("length", 0),
            total=now.get(names, {}).get("total"),
            previous_length=then.get(names, {}).get("length", 0),
            previous_total=then.get(names, {}).get("total"),
        )
        for names in sorted({*now, *then})
        if (change := _change(now.get(names), then.get(names))) is not None
    ]
    number = {kind: sum(c.change == kind for c in changes) for kind in _KINDS}
    return Comparison(
        dataset_id=row.id,
        previous_id=before.id,
        **number,
        unchanged=len({*now, *then}) - len(changes),
        examples=changes[:_SHOWN],
        mapping_changed=_differing(row.mapping or {}, before.mapping or {}),
    )


_KINDS = ("added", "removed", "extended", "changed")


def _figures(index: pa.Table, row: DatasetRow) -> Figures:
    wanted = [f"id:{name}" for name in row.ids]
    rows = index.select([*wanted, "start", "end", "length", "total"]).to_pylist()
    return {tuple(r[name] for name in wanted): r for r in rows}


def _change(now: dict[str, Any] | None, then: dict[str, Any] | None) -> Any:
    if then is None:
        return "added"
    if now is None:
        return "removed"
    if now["end"] > then["end"]:
        return "extended"
    same = all(now[name] == then[name] for name in ("start", "end", "length", "total"))
    return None if same else "changed"


def _differing(now: dict[str, Any], then: dict[str, Any]) -> list[str]:
    return sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
