"""Writes the container of old Office files by hand, and an .xls or an encrypted .xlsx in it."""

import struct

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NONE = 0xFFFFFFFF


def container(name: str, stream: bytes) -> bytes:
    """Return a compound file with one stream, which is padded past the size of small ones."""
    stream = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    sectors = len(stream) // _SECTOR
    fat = [_FAT, _END, *range(3, 2 + sectors), _END]
    assert len(fat) <= _SECTOR // 4
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
    root = _entry("Root Entry", 5, _END, 0, child=1)
    directory = root + _entry(name, 2, 2, len(stream)) + _entry("", 0, 0, 0) * 2
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1, 0, 4096, _END, 0, _END, 0),
    )
    sectors_of_fat = struct.pack("<109I", 0, *[_FREE] * 108)
    return header + sectors_of_fat + table + directory + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = _NONE) -> bytes:
    written = name.encode("utf-16-le")
    length = len(written) + 2 if name else 0
    return struct.pack(
        "<64sHBBIII16x4x16xIQ", written, length, kind, 1, _NONE, _NONE, child, start, size
    )


def xls(sheets: dict[str, list[list[str | float]]]) -> bytes:
    """Return an .xls of Excel 97 with these sheets."""
    bodies = [_sheet(rows) for rows in sheets.values()]
    begin, end = _record(0x0809, _begin(0x0005)), _record(0x000A, b"")
    names = [name.encode("utf-16-le") for name in sheets]
    place = len(begin) + len(end) + sum(4 + 8 + len(name) for name in names)
    bounds = b""
    for name, body in zip(names, bodies, strict=True):
        head = struct.pack("<IBBBB", place, 0, 0, len(name) // 2, 1)
        bounds += _record(0x0085, head + name)
        place += len(body)
    return container("Workbook", begin + bounds + end + b"".join(bodies))


def _sheet(rows: list[list[str | float]]) -> bytes:
    cells = b""
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            where = struct.pack("<HHH", number, place, 0)
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells += _record(0x0204, where + struct.pack("<HB", len(value), 1) + text)
            else:
                cells += _record(0x0203, where + struct.pack("<d", value))
    size = struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0)
    return b"".join(
        [_record(0x0809, _begin(0x0010)), _record(0x0200, size), cells, _record(0x000A, b"")]
    )


def _begin(kind: int) -> bytes:
    return struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 1996, 0, 6)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content
