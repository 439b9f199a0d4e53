"""Brings a panel into the columns and labels that a model has learned."""

import numpy as np

from shared.forecasting.errors import Invalid
from shared.forecasting.frequency import Frequency
from shared.forecasting.holidays import with_holidays
from shared.forecasting.manifest import Column, Manifest
from shared.forecasting.panel import Panel, Values


def aligned(panel: Panel, manifest: Manifest) -> Panel:
    """Return the panel with the model's covariates, in the model's order and codes.

    Raises:
        Invalid: another frequency, other id columns, or a covariate is missing.
    """
    panel = with_holidays(panel, manifest.holidays)
    _check(panel, manifest)
    wanted = {"known": manifest.known, "past": manifest.past, "static": manifest.static}
    if all(_same(panel, kind, columns) for kind, columns in wanted.items()):
        return panel
    labels = {
        column.name: column.labels
        for columns in wanted.values()
        for column in columns
        if column.labels is not None
    }
    names = {column.name: column for column in manifest.known}
    return panel.changed(
        **{kind: tuple(column.name for column in columns) for kind, columns in wanted.items()},
        **{f"{kind}_values": _values(panel, kind, columns) for kind, columns in wanted.items()},
        labels=labels,
        overlay={
            (series, period, name): _recode(panel, names[name], np.array([value], np.float32))[0]
            for (series, period, name), value in panel.overlay.items()
            if name in names
        },
        fill={name: policy for name, policy in panel.fill.items() if name in names},
    )


def _check(panel: Panel, manifest: Manifest) -> None:
    trained = Frequency.parse(manifest.frequency)
    if (panel.clock.kind, panel.clock.step) != (trained.kind, trained.step):
        raise Invalid(
            f"The model was trained on frequency {manifest.frequency!r}, the data has "
            f"{panel.frequency!r}.",
            field="/dataset_id",
        )
    if panel.ids != manifest.ids:
        raise Invalid(
            f"The model's series are named by {', '.join(manifest.ids) or 'nothing'}, the data's "
            f"by {', '.join(panel.ids) or 'nothing'}: select the model's scope first.",
            field="/dataset_id",
        )
    for kind in ("known", "past", "static"):
        for column in getattr(manifest, kind):
            if column.name not in getattr(panel, kind):
                raise Invalid(
                    f"The model needs the {kind} covariate {column.name!r}, which the data does "
                    "not have.",
                    field="/dataset_id",
                )


def _same(panel: Panel, kind: str, columns: tuple[Column, ...]) -> bool:
    return getattr(panel, kind) == tuple(column.name for column in columns) and all(
        panel.labels.get(column.name) == column.labels for column in columns
    )


def _values(panel: Panel, kind: str, columns: tuple[Column, ...]) -> Values:
    table: Values = getattr(panel, f"{kind}_values")
    names: tuple[str, ...] = getattr(panel, kind)
    out = np.empty((len(table), len(columns)), np.float32)
    for place, column in enumerate(columns):
        out[:, place] = _recode(panel, column, table[:, names.index(column.name)])
    return out


def _recode(panel: Panel, column: Column, values: Values) -> Values:
    """Translate codes of the panel's labels to the model's; an unseen label has none."""
    labels = panel.labels.get(column.name)
    if (labels is None) != (column.labels is None):
        held = "numbers" if labels is None else "text"
        learned = "numbers" if column.labels is None else "text"
        raise Invalid(
            f"{column.name!r} holds {held}, but the model learned {learned}.", field="/dataset_id"
        )
    if labels is None or column.labels is None or labels == column.labels:
        return values
    place = {label: code for code, label in enumerate(column.labels)}
    table = np.array([place.get(label, len(place)) for label in (*labels, "")], np.float32)
    codes = np.nan_to_num(values, nan=0).astype(np.int64).clip(0, len(labels))
    return np.where(np.isnan(values), np.nan, table[codes]).astype(np.float32)
