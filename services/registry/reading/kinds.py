"""Tells what kind of file it is from its first bytes, never from its name."""

import mmap
import re
from pathlib import Path
from typing import Literal

from services.registry.reading.encoding import utf16_without_mark
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
            if kind == "xls":
                _refuse_encrypted(path)
            return _zip_kind(path) if kind == "zip" else kind
    return _text_kind(head)


def is_text(path: Path) -> bool:
    """Say whether a file does not begin like one of the binary kinds that can hold a dataset."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    return bool(head.strip()) and not any(head.startswith(magic) for magic in _MAGIC)


def _text_kind(head: bytes) -> Kind:
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise Invalid(f"The file is {what}, whatever its name says. {_WANTED}", field="/file")
    wide = "utf-16" if head.startswith(_UTF16) else utf16_without_mark(head)
    text = head.removeprefix(b"\xef\xbb\xbf").decode(wide or "latin-1", errors="ignore")
    text = text.lstrip("\ufeff \t\r\n")
    if _JSON.match(text):
        return "json"
    if _MARKUP.match(text):
        raise Invalid(
            "The file is a web page or XML, whatever its name says: some programs write one and "
            "call it .xls. Open it in Excel and save it as .xlsx or CSV.",
            field="/file",
        )
    if wide is None and _is_binary(head):
        raise Invalid(f"The file is binary, not text. {_WANTED}", field="/file")
    return "csv"


_WANTED = "Upload CSV, TSV, Excel, JSON, Parquet or Feather."
_JSON = re.compile(r'\[\s*[\[{"\d\]-]|\{\s*["}]|[\[{]\s*$')
_MARKUP = re.compile(r"<(!doctype|html|head|body|table|\?xml|meta|style|div)\b", re.I)


def _is_binary(head: bytes) -> bool:
    """Say whether bytes cannot be text; the first control character may be a delimiter."""
    codes = [*range(9), *range(14, 27), *range(28, 32)]
    if head.count(1) >= head.count(b"\n") > 0:
        codes.remove(1)
    return any(head.count(code) for code in codes)


_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def _refuse_encrypted(path: Path) -> None:
    """Refuse an .xlsx with a password: the container of an .xls with a locked box in it."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as held:
        if held.find(_ENCRYPTED) >= 0:
            raise encrypted_workbook()


def encrypted_workbook() -> Invalid:
    """Say that a workbook has a password, and how to take it away."""
    return Invalid(
        "The workbook is encrypted with a password. Open it in Excel, choose File › Info › "
        "Protect Workbook › Encrypt with Password, empty the box, save it and upload it again.",
        field="/file",
    )


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
