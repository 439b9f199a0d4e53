"""Reads Parquet and Feather, group by group, so that memory holds codes instead of strings."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import compute as pc
from pyarrow import feather
from pyarrow import parquet as pq

from services.registry.reading.source import Column, Source, column_names, left_out, refuse_nested
from shared.contracts.datasets import SourceFormat
from shared.kit.errors import Invalid, TooLarge

LARGEST_OLD = 512 << 20
_BATCH = 1 << 20
_FEW = 2_000


def read(path: Path, kind: str, wanted: set[str] | None, rows: int | None = None) -> Source:
    """Read the wanted columns (all if None), or only the first `rows` rows.

    Raises:
        Invalid: it is damaged, or a wanted column is nested.
        TooLarge: it is a Feather file of version 1, and large.
    """
    try:
        if kind == "parquet":
            return _parquet(path, wanted, rows)
        table, total = _feather(path, rows)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, pa.ArrowKeyError) as error:
        raise Invalid(
            f"The {kind} file is cut off or damaged ({str(error)[:100]}): write it again.",
            field="/file",
        ) from error
    names = column_names(table.column_names)
    table = table.rename_columns(names)
    nested = _nested(table.schema)
    refuse_nested({n: w for n, w in nested.items() if wanted is not None and n in wanted})
    chosen = [n for n in names if n not in nested and (wanted is None or n in wanted)]
    if not chosen:
        refuse_nested(nested)
    table = table.select(chosen)
    complete = table.num_rows == total
    compacted = pa.table([_compact(c) for c in table.columns], names=table.column_names)
    present = [name for name in names if name not in nested]
    return Source(
        SourceFormat(kind="feather"),
        compacted,
        1,
        complete,
        left_out(nested),
        rows=total,
        present=present,
    )


def _feather(path: Path, rows: int | None) -> tuple[pa.Table, int]:
    """Return the whole table, or as many of its first pieces as are needed, and its length."""
    with path.open("rb") as stream:
        is_old = stream.read(4) == b"FEA1"
    if is_old:
        _check_old(path.stat().st_size)
        table = feather.read_table(path, memory_map=True)
        return (table if rows is None else table.slice(0, rows)), table.num_rows
    with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as file:
        batches, known = [], 0
        for place in range(file.num_record_batches):
            if rows is not None and known >= rows:
                break
            batches.append(file.get_batch(place))
            known += batches[-1].num_rows
        table = pa.Table.from_batches(batches, file.schema)
        every = known if len(batches) == file.num_record_batches else _length(path)
    return (table if rows is None else table.slice(0, rows)), every


def _check_old(size: int) -> None:
    """Refuse a large file of version 1 of Feather, which has no pieces to read one by one.

    Raises:
        TooLarge: it is larger than `LARGEST_OLD` bytes.
    """
    if size > LARGEST_OLD:
        raise TooLarge(
            f"A Feather file of version 1 with {size >> 20:,} MB is too large to read at once; "
            f"{LARGEST_OLD >> 20} MB are the most. Write it as Parquet, or as Feather of version "
            "2, which is Arrow IPC.",
            field="/file",
        )


def _length(path: Path) -> int:
    from pyarrow import dataset

    return int(dataset.dataset(path, format="ipc").count_rows())


def _parquet(path: Path, wanted: set[str] | None, rows: int | None) -> Source:
    with pq.ParquetFile(path) as probe:
        schema = probe.schema_arrow
        total = probe.metadata.num_rows
    names = column_names(schema.names)
    nested = _nested(pa.schema([f.with_name(n) for f, n in zip(schema, names, strict=True)]))
    refuse_nested({n: w for n, w in nested.items() if wanted is not None and n in wanted})
    chosen = [
        i
        for i, name in enumerate(names)
        if name not in nested and (wanted is None or name in wanted)
    ]
    if not chosen:
        refuse_nested(nested)
    originals = [schema.names[i] for i in chosen]
    texts = [name for name in originals if _is_text(schema.field(name).type)]
    with pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False) as file:
        batches = list(_batches(file, originals, rows))
    if not batches:
        raise Invalid("The file has no rows: choose another one.", field="/file")
    table = pa.Table.from_batches(batches).rename_columns([names[i] for i in chosen])
    complete = rows is None or total <= table.num_rows
    beyond = None if complete else _beyond(path, originals, texts, table.schema)
    return Source(
        SourceFormat(kind="parquet"),
        table,
        1,
        complete,
        left_out(nested),
        present=[name for name in names if name not in nested],
        beyond=beyond,
        rows=total,
    )


def _beyond(path: Path, columns: list[str], texts: list[str], schema: pa.Schema) -> pa.Table:
    """Return some rows of the group in the middle and of the last one."""
    with pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False) as file:
        last = file.num_row_groups - 1
        batches = [
            pa.RecordBatch.from_arrays([_compact(c) for c in batch.columns], schema.names)
            for group in {last // 2, last}
            for batch in [next(file.iter_batches(_FEW, row_groups=[group], columns=columns), None)]
            if batch is not None
        ]
    return pa.Table.from_batches(batches, batches[0].schema) if batches else schema.empty_table()


def _batches(
    file: pq.ParquetFile, columns: list[str], rows: int | None
) -> Iterator[pa.RecordBatch]:
    done = 0
    size = _BATCH if rows is None else min(_BATCH, max(rows, 1))
    for batch in file.iter_batches(size, columns=columns):
        yield pa.RecordBatch.from_arrays([_compact(c) for c in batch.columns], columns)
        done += batch.num_rows
        if rows is not None and done >= rows:
            return


def _compact(array: Column) -> Column:
    """Return text and dates as dictionaries, numbers as float64: one small type for each."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_string(kind.value_type):
            return array
        return pc.dictionary_encode(array.cast(pa.string()))
    if pa.types.is_boolean(kind):
        return pc.cast(array, pa.int8()).cast(pa.float64())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pc.dictionary_encode(array.cast(pa.timestamp("us", kind.tz), safe=False))
    if pa.types.is_temporal(kind) and not pa.types.is_time(kind):
        return pc.dictionary_encode(array.cast(pa.timestamp("us"), safe=False))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _missing_where_nan(array.cast(pa.float64(), safe=False))
    return pc.dictionary_encode(array.cast(pa.string()))


def _missing_where_nan(array: Column) -> Column:
    """Return NaN as missing: that is what pandas means by it in a binary file."""
    odd = pc.is_nan(array)
    return pc.if_else(odd, None, array) if pc.any(odd).as_py() else array


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _nested(schema: pa.Schema) -> dict[str, str]:
    """Return the columns that hold no plain values, and what they hold."""
    return {
        item.name: f"{item.type} values"[:80]
        for item in schema
        if pa.types.is_nested(item.type) or pa.types.is_binary(item.type)
    }
