"""Opens a file of any kind: the one door to the readers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from services.registry.reading import archive, columnar, excel, json, text
from services.registry.reading.joined_dates import join, parts_of
from services.registry.reading.kinds import Kind, is_text, kind_of
from services.registry.reading.source import Source
from shared.contracts.datasets import Compression, Mapping, Reading
from shared.kit.errors import Invalid
from shared.kit.storage import BlobStore

SAMPLE_ROWS = 20_000
_WORKBOOK_LIMIT = 1 << 30
_HEAD = 16 << 20  # bytes of a packed file that are enough for a sample


def sample(path: Path, reading: Reading, store: BlobStore, limit: int) -> Source:
    """Read the beginning of a file, all its columns.

    Raises:
        Invalid: it is no table.
        TooLarge: it unpacks to more than `limit` bytes.
    """
    source = _sample_of_head(path, reading, store, limit)
    if source is not None:
        return source
    with _plain(path, store, limit) as (file, kind, compression):
        source = _sample(file, kind, reading)
    source.format.compression = compression
    return source


def _sample_of_head(path: Path, reading: Reading, store: BlobStore, limit: int) -> Source | None:
    """Read the beginning of a large text in an archive without unpacking the rest."""
    packing = kind_of(path)
    if packing not in ("gzip", "zip"):
        return None
    with store.incoming() as head:
        size = archive.unpack_head(path, packing, head, _HEAD, limit)
        if size is None or not is_text(head):
            return None
        if kind_of(head) == "csv":
            source = text.sample(head, reading, text.Head(size))
        elif json.is_streamed(head, reading):
            source = json.read(head, reading, SAMPLE_ROWS, size=size)
        else:
            return None
    source.format.compression = "gzip" if packing == "gzip" else "zip"
    return source


def _sample(file: Path, kind: Kind, reading: Reading) -> Source:
    if kind == "csv":
        return text.sample(file, reading)
    if kind == "json":
        return json.read(file, reading, SAMPLE_ROWS)
    if kind in ("xlsx", "xls"):
        return excel.read(file, reading, SAMPLE_ROWS)
    return columnar.read(file, kind, None, SAMPLE_ROWS)


def read(path: Path, mapping: Mapping, store: BlobStore, limit: int) -> Source:
    """Read the columns that a mapping names, all rows.

    Raises:
        Invalid: it is no table.
        TooLarge: it unpacks to more than `limit` bytes.
    """
    numbers = {mapping.target, *mapping.values, *mapping.known, *mapping.past}
    wanted = numbers | {mapping.date, *mapping.ids, *mapping.static, *parts_of(mapping.date)}
    with _plain(path, store, limit) as (file, kind, compression), store.incoming() as scratch:
        if kind == "csv":
            source = text.read(file, wanted, numbers, mapping.reading, scratch)
        elif kind == "json":
            source = json.read(file, mapping.reading, wanted=wanted)
        elif kind in ("xlsx", "xls"):
            source = excel.read(file, mapping.reading, wanted=wanted)
        else:
            source = columnar.read(file, kind, wanted)
    join(source, mapping.date)
    source.format.compression = compression
    return source


@contextmanager
def _plain(path: Path, store: BlobStore, limit: int) -> Iterator[tuple[Path, Kind, Compression]]:
    """Lend the file without the archive around it."""
    kind = kind_of(path)
    with ExitStack() as stack:
        compression: Compression = None
        if kind in ("gzip", "zip"):
            inside = stack.enter_context(store.incoming())
            archive.unpack(path, kind, inside, limit)
            compression, path = ("gzip" if kind == "gzip" else "zip"), inside
            kind = kind_of(path)
            if kind in ("gzip", "zip"):
                raise Invalid("The archive holds another archive: unpack it once.", field="/file")
        if kind == "xlsx":
            archive.check_workbook(path, min(limit, _WORKBOOK_LIMIT))
        yield path, kind, compression
