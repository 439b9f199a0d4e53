"""Tells what kind of file it is from its first bytes, never from its name."""

from pathlib import Path
from typing import Literal

from shared.kit.errors import Invalid

Kind = Literal["csv", "xlsx", "xls", "json", "parquet", "feather", "gzip", "zip"]
HEAD = 4096
_MAGIC: dict[bytes, Kind] = {
    b"PAR1": "parquet",
    b"ARROW1": "feather",
    b"FEA1": "feather",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "xls",
}
_FOREIGN = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3": "a SQLite database",
    b"\x7fELF": "a program",
    b"\x80\x04\x95": "a pickle",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def kind_of(path: Path) -> Kind:
    """Return the kind of file.

    Raises:
        Invalid: it is empty, or of no kind that can hold a dataset.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head.strip():
        raise Invalid("The file is empty: choose another one.", field="/file")
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return _zip_kind(path) if kind == "zip" else kind
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise Invalid(f"The file is {what}, whatever its name says. {_WANTED}", field="/file")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return "json"
    if not head.startswith(_UTF16) and _is_binary(head):
        raise Invalid(f"The file is binary, not text. {_WANTED}", field="/file")
    return "csv"


_WANTED = "Upload CSV, TSV, Excel, JSON, Parquet or Feather."


def _is_binary(head: bytes) -> bool:
    """Say whether bytes cannot be text; UTF-16 without a mark has its NULs at every other place."""
    zeros = head.count(0)
    if zeros and (head[0::2].count(0) == zeros or head[1::2].count(0) == zeros):
        return zeros < len(head) * 0.2
    control = sum(head.count(code) for code in (*range(9), *range(14, 27), *range(28, 32)))
    return control > 0


def _zip_kind(path: Path) -> Kind:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except (BadZipFile, ValueError, OSError) as error:
        raise Invalid(
            "The file is cut off or damaged: its table of contents is missing. Upload it again.",
            field="/file",
        ) from error
    return "xlsx" if any(name.startswith("xl/") for name in names) else "zip"
