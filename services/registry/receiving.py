"""Takes a multipart upload: the file streams to disk under a limit, the fields stay small."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from shared.kit.errors import Invalid, TooLarge

_FIELD_LIMIT = 1 << 20
_WRITE = 4 << 20
_OVERHEAD = 64 << 10  # boundaries and fields around the file


@dataclass
class Received:
    """An upload: where the file lies, what it is called, and the other fields."""

    path: Path
    filename: str = ""
    size: int = 0
    digest: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    has_file: bool = False


def refuse_early(request: Request, limit: int) -> None:
    """Refuse a body that says itself that it is too large, before reading any of it.

    Raises:
        TooLarge: it is larger than `limit`.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit + _OVERHEAD:
        raise too_large(limit)


def too_large(limit: int) -> TooLarge:
    """Say that a file is larger than this deployment allows."""
    shown = f"{limit / (1 << 30):.3g} GB" if limit >= 1 << 30 else f"{limit / (1 << 20):.3g} MB"
    return TooLarge(
        f"The file is larger than {shown}, which is the most here. Split it, pack it with gzip, "
        "or raise SHELFCAST_MAX_UPLOAD_BYTES.",
        field="/file",
    )


async def receive(request: Request, path: Path, limit: int) -> Received:
    """Write the part called `file` to `path`, hashing it on the way.

    Raises:
        Invalid: it is no multipart form, or has no file.
        TooLarge: it is larger than `limit`.
    """
    refuse_early(request, limit)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Invalid("Send the file as multipart/form-data, in a field `file`.", field="/file")
    received = Received(path)
    with path.open("wb") as stream:
        form = _Form(received, stream, limit)
        parser = MultipartParser(options[b"boundary"], form.callbacks())
        try:
            async for chunk in request.stream():
                parser.write(chunk)
                await form.flush(_WRITE)
            parser.finalize()
            form.check_complete()
        except MultipartParseError as error:
            raise Invalid("The upload was cut off: send it again.", field="/file") from error
        await form.flush(0)
    if not received.has_file:
        raise Invalid("The form has no field `file` with a file in it.", field="/file")
    received.digest = form.hasher.hexdigest()
    return received


class _Form:
    """Follows the parser from part to part."""

    def __init__(self, received: Received, stream: IO[bytes], limit: int) -> None:
        self.hasher = hashlib.sha256()
        self._received = received
        self._stream = stream
        self._limit = limit
        self._pieces: list[bytes] = []
        self._waiting = 0
        self._header = bytearray(), bytearray()
        self._name: str | None = None
        self._is_file = False
        self._value = bytearray()
        self._is_complete = False

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, a, b: self._header[0].extend(data[a:b]),
            "on_header_value": lambda data, a, b: self._header[1].extend(data[a:b]),
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._complete,
        }

    def check_complete(self) -> None:
        """Refuse a form without its last boundary.

        Raises:
            MultipartParseError: it was cut off.
        """
        if not self._is_complete:
            raise MultipartParseError("no last boundary")

    def _complete(self) -> None:
        self._is_complete = True

    async def flush(self, at_least: int) -> None:
        """Write what is waiting, in a thread, if there is enough of it."""
        if self._waiting and self._waiting >= at_least:
            pieces, self._pieces, self._waiting = self._pieces, [], 0
            await asyncio.to_thread(self._write, pieces)

    def _write(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self.hasher.update(piece)
            self._stream.write(piece)

    def _begin(self) -> None:
        self._name, self._is_file, self._value = None, False, bytearray()

    def _header_end(self) -> None:
        name, value = bytes(self._header[0]).lower(), bytes(self._header[1])
        self._header = bytearray(), bytearray()
        if name != b"content-disposition":
            return
        _, options = parse_options_header(value)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options and self._name == "file":
            if self._received.has_file:
                raise Invalid("Send one file at a time.", field="/file")
            self._is_file = self._received.has_file = True
            filename = options[b"filename"].decode("utf-8", "replace")
            self._received.filename = "".join(c for c in filename if ord(c) >= 32)[-200:]

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._received.size += end - start
            if self._received.size > self._limit:
                raise too_large(self._limit)
            self._pieces.append(data[start:end])
            self._waiting += end - start
        else:
            self._value.extend(data[start:end])
            if len(self._value) > _FIELD_LIMIT:
                raise TooLarge(f"The field {self._name!r} is too long.", field=f"/{self._name}")

    def _end(self) -> None:
        if self._name and not self._is_file:
            self._received.fields[self._name] = self._value.decode("utf-8", "replace")
