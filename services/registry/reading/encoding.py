"""Finds the encoding of a text file, and turns the file to UTF-8 where it is another one."""

import codecs
import re
import unicodedata
from pathlib import Path

from services.registry.reading.korean import is_korean
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
_EVIDENCE = 64 << 10  # bytes, around the first strange one
_CHINESE_SHARE = 0.7  # of the strange letters that must be common Chinese ones
_SIGNS_IN_WORDS = 0.2  # where so many accents are signs within words, it is no Western text
_ASCII_IS_ITSELF = ("utf-8", "gb18030", "cp1252")
_OTHERS = ["big5", "shift_jis", "euc_kr", "cp1250", "cp1251", "cp1253"]


def guess(sample: bytes) -> str:
    """Return the Python name of the encoding that `sample` is written in."""
    for bom, name in _BOMS.items():
        if sample.startswith(bom):
            return name
    if b"\0" in sample:
        return utf16_without_mark(sample[:_EVIDENCE]) or "utf-8"
    if _decodes(sample, "utf-8"):
        return "utf-8"
    strange = _HIGH.search(sample)
    start = max(0, (strange.start() if strange else 0) - 2000)
    start = sample.rfind(b"\n", 0, start) + 1  # a letter of two bytes must not be cut
    evidence = sample[start : start + _EVIDENCE]
    if is_korean(evidence) and _decodes(sample, "cp949"):
        return "cp949"
    if _is_chinese(evidence) and _decodes(sample, "gb18030"):
        return "gb18030"
    if _is_western(evidence):
        return "cp1252" if _decodes(sample, "cp1252") else "latin-1"
    return _ask_charset_normalizer(evidence, sample)


def utf16_without_mark(sample: bytes) -> str | None:
    """Return which UTF-16 bytes are, if they are text in one: its signs have a NUL each."""
    for name, zeros in (
        ("utf-16-le", sample[1::2].count(0)),
        ("utf-16-be", sample[0::2].count(0)),
    ):
        if zeros * 2 < sample.count(0) or zeros * 40 < len(sample):
            continue
        text = sample[: len(sample) & ~1].decode(name, errors="replace").removesuffix("\ufffd")
        kinds = {unicodedata.category(letter) for letter in set(text) - set("\t\r\n\ufeff")}
        if not kinds & {"Cc", "Cn", "Co", "Cs"} and "\ufffd" not in text:
            return name
    return None


def _is_chinese(sample: bytes) -> bool:
    """Say whether bytes are common Chinese letters and signs; accents in pairs seldom are."""
    decoder = codecs.getincrementaldecoder("gb18030")("replace")
    letters = [letter for letter in decoder.decode(sample) if letter > "\x7f"]
    codes = [letter.encode("gb2312", errors="ignore") for letter in letters]
    hanzi = sum(0xB0 <= code[0] <= 0xD7 for code in codes if code)
    signs = sum(code[0] in (0xA1, 0xA3) for code in codes if code)
    return hanzi > 0 and hanzi + signs >= len(letters) * _CHINESE_SHARE


def _is_western(sample: bytes) -> bool:
    """Say whether strange letters stand alone between plain ones, and are hardly ever signs."""
    runs = _HIGH.findall(sample)
    if sum(len(run) for run in runs if len(run) > 2) * 2 > sum(map(len, runs)):
        return False
    text = sample.decode("cp1252", errors="replace")
    odd = len(_SIGN_IN_WORD.findall(text))
    return odd <= _SIGNS_IN_WORDS * sum(letter > "\x7f" for letter in text)


_SIGN_IN_WORD = re.compile(r"(?<!\d)[¹³£¥¼¾\ufffd](?=[^\W\d_])|(?<=[^\W\d_])¿(?=[^\W\d_])")


def _ask_charset_normalizer(evidence: bytes, sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(evidence, cp_isolation=_OTHERS).best()
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
    holds_ascii, fresh = encoding in _ASCII_IS_ITSELF, decoder.getstate()
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
                if not (holds_ascii and piece.isascii() and decoder.getstate() == fresh):
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
