"""Unpacks gzip and zip with one file in it, and stops at bombs."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from shared.kit.errors import Invalid, TooLarge

_PIECE = 1 << 20
_RATIO = 200  # a table of sales shrinks to a tenth or a twentieth; a bomb to a thousandth
_HARMLESS = 64 << 20
_LITTER = {"thumbs.db", "desktop.ini"}


def unpack(path: Path, kind: str, target: Path, limit: int) -> None:
    """Write the one file inside an archive to `target`.

    Raises:
        Invalid: it is damaged, encrypted, or holds not exactly one file.
        TooLarge: what is inside is larger than `limit`, or it is a bomb.
    """
    with _inside(path, kind) as (stream, packed, _):
        _copy(stream, target, packed, limit)


def unpack_head(path: Path, kind: str, target: Path, head: int, limit: int) -> int | None:
    """Write at most `head` bytes of the file inside an archive to `target`.

    Return how many bytes the whole file has, about; None where it has no more than these.

    Raises:
        Invalid: it is damaged, encrypted, or holds not exactly one file.
        TooLarge: the archive says that it is larger than `limit`, or a bomb.
    """
    with _inside(path, kind) as (stream, packed, size), target.open("wb") as out:
        if size is not None:
            _refuse_bomb(size, packed, limit)
        done = 0
        while done < head and (piece := stream.read(min(_PIECE, head - done))):
            done += len(piece)
            out.write(piece)
        if not stream.read(1):
            return None
        if size is None and isinstance(stream, gzip.GzipFile):
            raw = stream.fileobj.tell() if stream.fileobj is not None else packed
            return max(done + 1, round(done * packed / max(1, raw)))
        return size


@contextmanager
def _inside(path: Path, kind: str) -> Iterator[tuple[IO[bytes], int, int | None]]:
    """Lend the file inside an archive, its packed size, and its size where that is known.

    Raises:
        Invalid: the archive is damaged or encrypted.
    """
    try:
        if kind == "gzip":
            with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as stream:
                yield cast("IO[bytes]", stream), path.stat().st_size, None
        else:
            with ZipFile(path) as archive:
                entry = _only_file(archive)
                with archive.open(entry) as member:
                    yield member, max(1, entry.compress_size), entry.file_size
    except (BadZipFile, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(
            "The archive is cut off or damaged: pack and upload it again.", field="/file"
        ) from error
    except (RuntimeError, NotImplementedError) as error:  # how zipfile says "password"
        raise Invalid(
            "The archive is encrypted or packed in an unknown way: pack it without a password.",
            field="/file",
        ) from error


def check_workbook(path: Path, limit: int) -> None:
    """Refuse a workbook that unpacks to more than memory should hold.

    Raises:
        TooLarge: it would unpack to more than `limit` bytes.
        Invalid: a path in it climbs out of the archive.
    """
    with ZipFile(path) as archive:
        entries = archive.infolist()
    for entry in entries:
        _refuse_climbing(entry)
    size = sum(entry.file_size for entry in entries)
    packed = max(1, path.stat().st_size)
    if size > limit or (size > _HARMLESS and size > packed * _RATIO):
        raise TooLarge(
            f"The workbook unpacks to {size >> 20:,} MB: save it as CSV and upload that.",
            field="/file",
        )


def _only_file(archive: ZipFile) -> ZipInfo:
    entries = archive.infolist()
    for entry in entries:
        _refuse_climbing(entry)
    files = [entry for entry in entries if not entry.is_dir() and not _is_litter(entry.filename)]
    if len(files) != 1:
        raise Invalid(
            f"The archive holds {len(files)} files: pack exactly one table into it.", field="/file"
        )
    if files[0].flag_bits & 1:
        raise Invalid("The archive is encrypted: pack it without a password.", field="/file")
    return files[0]


def _is_litter(name: str) -> bool:
    """Say whether a file is one that a system leaves in every folder."""
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1].lower() in _LITTER


def _refuse_climbing(entry: ZipInfo) -> None:
    parts = entry.filename.replace("\\", "/").split("/")
    if ".." in parts or entry.filename.startswith(("/", "\\")):
        raise Invalid(
            f"The archive holds a path that climbs out of it ({entry.filename[:80]!r}): "
            "pack the file alone.",
            field="/file",
        )


def _copy(stream: IO[bytes], target: Path, packed: int, limit: int) -> None:
    size = 0
    with target.open("wb") as out:
        while piece := stream.read(_PIECE):
            size += len(piece)
            _refuse_bomb(size, packed, limit)
            out.write(piece)


def _refuse_bomb(size: int, packed: int, limit: int) -> None:
    if size > limit or (size > _HARMLESS and size > packed * _RATIO):
        raise TooLarge(
            f"The archive unpacks to more than {size >> 20:,} MB from {packed:,} bytes: "
            "upload the file itself, in parts if need be.",
            field="/file",
        )
