"""Lists on the terminal: a table for people, JSON for scripts."""

import json
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel
from rich.markup import escape
from rich.table import Table

from cli.console import console

Row = Sequence[object]


def show(title: str, columns: Sequence[str], rows: Sequence[Row], empty: str) -> None:
    """Print a table; columns whose name ends in a # are aligned right."""
    if not rows:
        console.print(empty)
        return
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        right = column.endswith("#")
        table.add_column(
            column.removesuffix("#"), justify="right" if right else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(escape(text(cell)) for cell in row))
    console.print(table)


def show_json(items: Sequence[BaseModel] | BaseModel) -> None:
    """Print contracts as JSON."""
    if isinstance(items, BaseModel):
        body: object = items.model_dump(mode="json")
    else:
        body = [item.model_dump(mode="json") for item in items]
    console.print_json(json.dumps(body, ensure_ascii=False))


def text(cell: object) -> str:
    """Write one value for a table."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.4g}" if abs(cell) < 1000 else f"{cell:,.0f}"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if _is_midnight(cell) else f"{cell:%Y-%m-%d %H:%M}"
    return str(cell)


def _is_midnight(moment: datetime) -> bool:
    return (moment.hour, moment.minute, moment.second) == (0, 0, 0)
