"""Finds the encoding of a text file, and turns the file to UTF-8 where it is another one."""

import codecs
import re
from pathlib import Path

from shared.kit.errors import Invalid

PIECE = 16 << 20
SAMPLE = 2 << 20
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_HIGH = re.compile(rb"[\x80-\xff]+")
_PAIRED_SHARE = 0.9  # Chinese bytes come in pairs; accents stand alone
_OTHERS = ["cp1252", "gb18030", "big5", "shift_jis", "euc_kr", "cp1250", "cp1251", "cp1253"]


def guess(sample: bytes) -> str:
    """Return the Python name of the encoding that `sample` is written in."""
    for bom, name in _BOMS.items():
        if sample.startswith(bom):
            return name
    if b"\0" in sample:
        return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
    if _decodes(sample, "utf-8"):
        return "utf-8"
    runs = _HIGH.findall(sample)
    high = sum(map(len, runs))
    if sum(len(run) for run in runs if len(run) % 2 == 0) >= high * _PAIRED_SHARE and _decodes(
        sample, "gb18030"
    ):
        return "gb18030"
    return _ask_charset_normalizer(sample)


def _ask_charset_normalizer(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    # around the first strange byte: that is where the evidence lies
    strange = _HIGH.search(sample)
    start = max(0, (strange.start() if strange else 0) - 2000)
    best = from_bytes(sample[start : start + 64_000], cp_isolation=_OTHERS).best()
    name = best.encoding if best is not None else "cp1252"
    return name if _decodes(sample, name) else "latin-1"


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def check(path: Path, encoding: str | None) -> str:
    """Return the encoding of a whole file, having looked at all of it.

    Raises:
        Invalid: it is not text, has a line without an end, or not the encoding that was named.
    """
    if encoding is not None:
        _known(encoding)
    with path.open("rb") as stream:
        found = encoding or guess(stream.read(SAMPLE))
    while True:
        bad = _first_undecodable(path, found)
        if bad is None:
            return found
        if encoding is not None or found not in ("utf-8", "utf-8-sig"):
            raise Invalid(
                f"The file is not written in {found}: byte {bad:,} does not belong there. "
                "Save it as UTF-8.",
                field="/mapping/reading/encoding",
            )
        with path.open("rb") as stream:
            stream.seek(max(0, bad - SAMPLE // 2))
            found = guess(stream.read(SAMPLE).lstrip(bytes(range(0x80, 0xC0))))
        if found in ("utf-8", "utf-8-sig"):
            raise Invalid(f"The file is damaged at byte {bad:,}: save it again.", field="/file")


def _known(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise Invalid(
            f"The encoding {encoding[:40]!r} is not known. Use utf-8, gb18030, utf-16 or cp1252.",
            field="/mapping/reading/encoding",
        ) from error


def _first_undecodable(path: Path, encoding: str) -> int | None:
    wide = encoding.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            if not wide and b"\0" in piece:
                raise Invalid("The file holds NUL bytes: it is not text.", field="/file")
            if len(piece) == PIECE and b"\n" not in piece and b"\r" not in piece:
                raise Invalid(
                    f"The file has a line longer than {PIECE >> 20} MB near byte {done:,}: "
                    "it is not a table.",
                    field="/file",
                )
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                return done + error.start
            done += len(piece)
    return None


def to_utf8(path: Path, encoding: str, target: Path) -> None:
    """Write a file again as UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream, target.open("wb") as out:
        while piece := stream.read(1 << 20):
            out.write(decoder.decode(piece).encode())
        out.write(decoder.decode(b"", final=True).encode())
