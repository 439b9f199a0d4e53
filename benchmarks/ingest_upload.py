"""Sends large files through the gateway, as a browser does, and watches everyone's memory."""

import http.client
import itertools
import json
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figures import Figure
from benchmarks.stack import READER, Stack

SENT = 1 << 30
PIECE = 1 << 20
HEAD = 8 << 20  # what the page sends of a large file
LOOKS = 3
BOUNDARY = "shelfcast"
MAPPING = {
    "date": "date",
    "target": "sales",
    "ids": ["store", "product"],
    "known": ["price"],
    "fixes": {"duplicate_rows": "last"},  # the file says the same again and again
}
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
SPARE = "training.runner"  # starts some seconds after the services, with and without an upload
LOOK_EVERY_S = 0.02
ANEW_AFTER = 25  # looks, then processes that are new are seen


@dataclass(frozen=True)
class Sent:
    """How long a request took: until all of it was taken, and until its answer came."""

    taken: float
    whole: float


def measure_upload(file: Path, folder: Path) -> list[Figure]:
    """Upload a gigabyte; return how fast it was taken, stored, and what memory each took."""
    with tempfile.TemporaryDirectory(dir=folder) as data, Stack(Path(data) / "data") as stack:
        stack.start()
        _send(
            stack.port, "/api/upload/preview", file, _whole_lines(file, HEAD)
        )  # starts the reader of files
        size = _whole_lines(file, SENT)
        with Watch(stack) as watch:
            sent = _send(stack.port, "/api/upload", file, size)
    services = {name: mb for name, mb in watch.more.items() if name not in (READER, SPARE)}
    shown = ", ".join(f"{name} {mb:.0f}" for name, mb in watch.more.items())
    note = "from the first byte sent until the last was taken, hashed and written"
    return [
        Figure("upload: received", size / 1e6 / sent.taken, "MB/s", 200, better="more", note=note),
        Figure("upload: from the last byte to the answer", sent.whole - sent.taken, "s"),
        Figure("upload: more memory, worst service", max(services.values()), "MB", 64, note=shown),
        Figure("upload: more memory, reader of files", watch.more.get(READER, 0.0), "MB"),
    ]


def measure_preview(file: Path, folder: Path) -> list[Figure]:
    """Preview a file of 2 GB, of which a page sends the beginning, and then all of it."""
    with tempfile.TemporaryDirectory(dir=folder) as data, Stack(Path(data) / "data") as stack:
        stack.start()
        path, size = "/api/upload/preview", file.stat().st_size
        head = _whole_lines(file, HEAD)
        looks = [_send(stack.port, path, file, head).whole for _ in range(LOOKS)]
        all_of_it = _send(stack.port, path, file, size)
    note = f"its first 8 MB, as the page sends them; the first, in a new process: {looks[0]:.2g} s"
    return [
        Figure("preview of 2 GB", max(looks[1:]), "s", 1.0, note=note),
        Figure(
            "preview of 2 GB, all of it sent",
            all_of_it.whole - all_of_it.taken,
            "s",
            note=f"after the last byte; sending took {all_of_it.taken:.2g} s",
        ),
    ]


class Watch:
    """Notes how much more memory each process of a stack holds at most while it is open."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._names = stack.processes()
        self._before = {process: _resident(process) for process in self._names}
        self._most = dict(self._before)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    @property
    def more(self) -> dict[str, float]:
        """Return, by name, megabytes over what there was before; of the worst of a name."""
        found: dict[str, float] = {}
        for process, most in self._most.items():
            name = self._names[process]
            more = most - self._before.get(process, 0.0)  # one that came later had nothing
            found[name] = max(found.get(name, 0.0), more)
        return found

    def _look(self) -> None:
        for number in itertools.count(1):
            if self._done.wait(LOOK_EVERY_S):
                return
            if number % ANEW_AFTER == 0:
                self._names |= self._stack.processes()
            for process in self._names:
                now = _resident(process)
                self._most[process] = max(self._most.get(process, 0.0), now)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def _resident(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return float(process.memory_info().rss) / 1e6
    return 0.0


def _whole_lines(file: Path, limit: int) -> int:
    """Return how many bytes of whole lines lie before a place."""
    with file.open("rb") as stream:
        stream.seek(limit - PIECE)
        return limit - PIECE + stream.read(PIECE).rfind(b"\n") + 1


def _send(port: int, path: str, file: Path, size: int) -> Sent:
    """Send the first bytes of a file as a form with its mapping."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="mapping"\r\n\r\n'
        f"{json.dumps(MAPPING)}\r\n"
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.csv"\r\n\r\n'
    ).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=900)
    connection.putrequest("POST", path)
    connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("Content-Length", str(len(head) + size + len(TAIL)))
    begun = time.perf_counter()
    connection.endheaders(head)
    with file.open("rb") as stream:
        left = size
        while left:
            piece = stream.read(min(PIECE, left))
            connection.send(piece)
            left -= len(piece)
    connection.send(TAIL)
    taken = time.perf_counter() - begun
    answer = connection.getresponse()
    body = answer.read()
    whole = time.perf_counter() - begun
    connection.close()
    if answer.status not in (200, 201):
        raise SystemExit(f"The file was answered with {answer.status}: {body[:500]!r}")
    return Sent(taken, whole)
