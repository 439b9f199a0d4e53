"""Finds in the XML of an .xlsx what its reader passes over: errors, and formulas without values."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import join, normpath
from zipfile import ZipFile, is_zipfile

from services.registry.sentences import say
from shared.contracts.datasets import Finding
from shared.kit.errors import Invalid

_PIECE = 1 << 20
_LONGEST_CELL = 4096
_CELL = rb'<c\s[^>]*?\br="([A-Z]+)(\d+)"[^>]*'
_FORMULA = re.compile(
    _CELL + rb">\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
_ERROR = re.compile(
    _CELL + rb'\bt="e"[^>]*>\s*(?:<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*)?<v>([^<]*)</v>'
)
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')


@dataclass
class Passed:
    """What was passed over: cells with errors, and the letters of columns of empty formulas."""

    errors: list[str] = field(default_factory=list)
    formulas: set[str] = field(default_factory=set)

    def findings(self, empty: Mapping[str, str]) -> list[Finding]:
        """Say what was passed over; `empty` names by their letters the columns without values."""
        found = []
        for letter, name in empty.items():
            if letter not in self.formulas:
                continue
            said = say("uncomputed_formulas", letter=letter, column=name[:80])
            found.append(said.finding("uncomputed_formulas", "warning", column=name))
        return found + error_cells(self.errors)


def error_cells(places: list[str]) -> list[Finding]:
    """Say which cells hold an error instead of a value."""
    if not places:
        return []
    said = say("error_cells", count=len(places))
    return [said.finding("error_cells", "warning", len(places), examples=places[:5])]


def refuse_uncomputed(findings: list[Finding], wanted: set[str]) -> None:
    """Refuse a wanted column of formulas that nothing has computed.

    Raises:
        Invalid: there is one.
    """
    for finding in findings:
        if finding.code == "uncomputed_formulas" and finding.column in wanted:
            raise Invalid(finding.detail, field="/file")


def look(path: Path, sheet: str, below: int, limit: int) -> Passed:
    """Look through the first `limit` bytes of a sheet's XML, below its row of names."""
    found = Passed()
    if not is_zipfile(path):
        return found
    with ZipFile(path) as archive:
        part = _part(archive, sheet)
        for piece in _pieces(archive, part, limit) if part else ():
            found.errors += [
                f"{letters.decode()}{row.decode()}: {error.decode(errors='replace')}"
                for letters, row, error in _ERROR.findall(piece)
                if int(row) > below
            ]
            found.formulas |= {letters.decode() for letters, _ in _FORMULA.findall(piece)}
    found.errors = list(dict.fromkeys(found.errors))
    return found


def _pieces(archive: ZipFile, part: str, limit: int) -> Iterator[bytes]:
    """Yield pieces of whole cells."""
    rest, done = b"", 0
    with archive.open(part) as stream:
        while done < limit and (read := stream.read(_PIECE)):
            done += len(read)
            piece = rest + read
            end = piece.rfind(b"<c ")
            if end < 0:
                rest = piece[-_LONGEST_CELL:]
                continue
            yield piece[:end]
            rest = piece[end:][-_PIECE:]
    yield rest


def _part(archive: ZipFile, sheet: str) -> str | None:
    """Return which file of the archive holds a sheet."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return None
    links = {
        a["Id"]: a["Target"] for a in _tags(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    for attributes in _tags(archive, "xl/workbook.xml", "sheet"):
        if html.unescape(attributes.get("name", "")) == sheet:
            target = links.get(attributes.get("r:id", ""), "")
            part = normpath(join("xl", target)).lstrip("/")
            return part if part in names else None
    return None


def _tags(archive: ZipFile, part: str, tag: str) -> list[dict[str, str]]:
    with archive.open(part) as stream:
        text = stream.read(_PIECE).decode("utf-8", errors="replace")
    found = re.findall(rf"<(?:\w+:)?{tag}\s([^>]*)>", text)
    return [dict(_ATTRIBUTE.findall(attributes)) for attributes in found]
