"""A model hub on this machine: what the hub's client asks for, answered over real HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

COMMIT = "c3" * 20


@dataclass
class Hub:
    """Folders by the name of their model, and what was asked of them."""

    models: dict[str, Path]
    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and file

    def fetched(self) -> set[str]:
        """Return the names of the files whose bytes were asked for."""
        return {Path(name).name for method, name in self.asked if name and method == "GET"}


class _Handler(BaseHTTPRequestHandler):
    @property
    def hub(self) -> Hub:
        return cast(_Server, self.server).hub

    def do_HEAD(self) -> None:
        self._file(body=False)

    def do_GET(self) -> None:
        if self.path.startswith("/api/models/"):
            self._about(self.path.removeprefix("/api/models/"))
        else:
            self._file(body=True)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _about(self, path: str) -> None:
        name = next((one for one in self.hub.models if path.startswith(one)), None)
        if name is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        files = sorted(self.hub.models[name].iterdir())
        siblings = [{"rfilename": file.name} for file in files]
        tree = [
            {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": COMMIT}
            for file in files
        ]
        about = {"id": name, "sha": COMMIT, "siblings": siblings}
        answer = tree if "/tree/" in path else about
        self._send(200, json.dumps(answer).encode(), {})

    def _file(self, *, body: bool) -> None:
        name, _, rest = self.path.lstrip("/").partition("/resolve/")
        self.hub.asked.append((self.command, rest))
        file = self.hub.models.get(name, Path("nowhere")) / rest.partition("/")[2]
        if not file.is_file():
            missing = "EntryNotFound" if name in self.hub.models else "RepoNotFound"
            self._send(404, b"", {"X-Error-Code": missing, "X-Repo-Commit": COMMIT})
            return
        held = file.read_bytes()
        etag = hashlib.sha256(held).hexdigest()
        common = {"X-Repo-Commit": COMMIT, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        low, _, high = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
        if low:
            part = held[int(low) : int(high) + 1 if high else None]
            common["Content-Range"] = f"bytes {low}-{int(low) + len(part) - 1}/{len(held)}"
            self._send(206, part, common, body=body)
        else:
            self._send(200, held, common, body=body)

    def _send(
        self, status: int, held: bytes, headers: dict[str, str], *, body: bool = True
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(held)))
        self.end_headers()
        if body:
            self.wfile.write(held)


class _Server(ThreadingHTTPServer):
    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        hub.address = f"http://127.0.0.1:{self.server_port}"
        self.hub = hub


@contextmanager
def serving(models: dict[str, Path]) -> Iterator[Hub]:
    """Serve folders as a hub does until the block ends."""
    server = _Server(Hub(models))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
