"""Uploads a large file through the gateway, as a browser does, and watches everyone's memory."""

import http.client
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.stack import Stack

SENT = 1 << 30
PIECE = 1 << 20
BOUNDARY = "shelfcast"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.csv"\r\n\r\n'
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
MODULES = ("gateway", "services.registry")


def measure(file: Path) -> list[Figure]:
    """Send a gigabyte to the preview and return how fast it went, and what memory it took."""
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder) / "data") as stack:
        stack.start()
        _send(stack.port, file, 4 * PIECE)  # the process that reads files starts with the first
        before, _ = stack.resident_mb(MODULES)
        with Watch(stack) as watch:
            sending, whole = _send(stack.port, file, SENT)
        more = {module: watch.most[module] - before[module] for module in MODULES}
    speed = SENT / 1e6 / sending
    note = f"{SENT / 1e6:,.0f} MB, hashed and written to the disk; with its preview {whole:.2g} s"
    shown = ", ".join(f"{name.removeprefix('services.')} {mb:.0f} MB" for name, mb in more.items())
    return [
        Figure("upload through the gateway", speed, "MB/s", 200, better="more", note=note),
        Figure("upload: more memory, worst", max(more.values()), "MB", 64, note=shown),
    ]


class Watch:
    """Notes the most memory that each process holds while it is open."""

    def __init__(self, stack: Stack) -> None:
        self.most = dict.fromkeys(MODULES, 0.0)
        self._processes = {module: stack.process_of(module) for module in MODULES}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._done.wait(0.02):
            for module, process in self._processes.items():
                now = float(process.memory_info().rss) / 1e6
                self.most[module] = max(self.most[module], now)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def _send(port: int, file: Path, size: int) -> tuple[float, float]:
    """Return the seconds until all was taken, and until the answer came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.putrequest("POST", "/api/upload/preview")
    connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("Content-Length", str(len(HEAD) + size + len(TAIL)))
    begun = time.perf_counter()
    connection.endheaders(HEAD)
    with file.open("rb") as stream:
        for _ in range(size // PIECE):
            connection.send(stream.read(PIECE))
    connection.send(TAIL)
    sent = time.perf_counter() - begun
    answer = connection.getresponse()
    body = answer.read()
    whole = time.perf_counter() - begun
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"The upload was answered with {answer.status}: {body[:500]!r}")
    return sent, whole
