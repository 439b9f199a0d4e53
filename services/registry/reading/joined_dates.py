"""Makes one column of dates out of several: year, month and day, or a date and a time."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import compute as pc

from services.registry.reading.cells import as_text
from services.registry.reading.source import Column, Source

JOINT = " + "
_PARTS = {
    "year": {"year", "yr", "年", "年份"},
    "month": {"month", "mon", "mo", "mnth", "月", "月份"},
    "day": {"day", "dayofmonth", "日"},
    "hour": {"hour", "hours", "hr", "小时", "时"},
    "date": {"date", "日期", "datum", "fecha"},
    "time": {"time", "时间", "时刻", "uhrzeit"},
}
_MARK = "\x1f"
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?$")
_WHOLE = re.compile(r"(\d{1,4})(\.0+)?")


def joints(names: Iterable[str]) -> list[str]:
    """Return the names of the dates that could be made of some columns, such as year + month."""
    found = {part: name for name in names for part, words in _PARTS.items() if _bare(name) in words}
    made = []
    if {"year", "month"} <= found.keys():
        parts = ["year", "month"]
        for part in ("day", "hour"):
            if part not in found:
                break
            parts.append(part)
        made.append(JOINT.join(found[part] for part in parts))
    if "date" in found:
        made += [JOINT.join((found["date"], found[p])) for p in ("time", "hour") if p in found]
    return made


def parts_of(name: str) -> list[str]:
    """Return the columns that a date is made of; none where it is a column itself."""
    parts = name.split(JOINT)
    return parts if len(parts) > 1 and joints(parts) == [name] else []


def join(source: Source, name: str) -> None:
    """Add a date to a source, if the columns that it is made of are there."""
    parts = parts_of(name)
    if not parts or name in source.names or not set(parts) <= set(source.table.column_names):
        return
    names = source.names
    source.table = _joined(source.table, name, parts)
    if source.beyond is not None:
        source.beyond = _joined(source.beyond, name, parts)
    source.present = [*names, name]


def _joined(table: pa.Table, name: str, parts: list[str]) -> pa.Table:
    texts = [_text(table.column(part)) for part in parts]
    cells = pc.binary_join_element_wise(*texts, _MARK, null_handling="replace")
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    coded: Any = pc.dictionary_encode(cells)
    written = [_written(value.split(_MARK)) for value in coded.dictionary.to_pylist()]
    made = pc.take(pa.array(written, pa.string()), coded.indices)
    return table.append_column(name, pc.dictionary_encode(made))


def _text(column: Column) -> Column:
    return pa.chunked_array([as_text(chunk) for chunk in column.chunks], pa.string())


def _written(parts: Sequence[str]) -> str:
    """Write a date of its parts; what is no date stays as it is, to be shown."""
    parts = [part.strip() for part in parts]
    if not all(parts):
        return "" if not any(parts) else " ".join(parts)
    whole = [_WHOLE.fullmatch(part) for part in parts]
    numbers = [int(match[1]) for match in whole if match]
    if len(numbers) == len(parts):
        year, month, *rest = numbers
        if year > 999:
            day, hour = (*rest, *(1, 0)[len(rest) :])
            return f"{year}-{month:02}-{day:02}" + (f" {hour:02}:00" if len(rest) > 1 else "")
    date = _MIDNIGHT.sub("", parts[0])
    return f"{date} {numbers[-1]:02}:00" if whole[-1] else f"{date} {parts[-1]}"


def _bare(name: str) -> str:
    return re.sub(r"[\s_\-.]+", "", name).lower()
