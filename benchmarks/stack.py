"""The whole system as `shelfcast up` starts it, in a data folder that the benchmark throws away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from cli.up.ports import free

READY_S = 120.0
STOP_S = 60.0
LOOK_EVERY_S = 0.02


READER = "reader of files"


class Stack:
    """One running system; starting it tells how long it took."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.port = free(1)[0]
        self.api = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/api", timeout=300, trust_env=False
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.api.close()

    def start(self) -> float:
        """Start everything and return the seconds until all services were ready."""
        told = {
            "SHELFCAST_PORT": str(self.port),
            "SHELFCAST_DATA": str(self._data),
            "SHELFCAST_DEMO": "0",
        }
        inherited = {n: v for n, v in os.environ.items() if not n.startswith("SHELFCAST_")}
        begun = time.perf_counter()
        with (self._data.parent / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from cli.main import app; app()", "up"],
                env={**inherited, **told},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        while not self._is_ready():
            if self._process.poll() is not None or time.perf_counter() - begun > READY_S:
                sys.exit(f"The system did not start: {(self._data.parent / 'up.log').read_text()}")
            time.sleep(LOOK_EVERY_S)
        return time.perf_counter() - begun

    def _is_ready(self) -> bool:
        try:
            return bool(self.api.get("/health").json()["status"] == "ready")
        except (httpx.TransportError, ValueError):
            return False

    def stop(self) -> None:
        """Stop everything, as Ctrl-C does."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(STOP_S)

    def resident_mb(self, modules: Sequence[str]) -> tuple[dict[str, float], float]:
        """Return the resident memory of the processes started as `python -m module`.

        Returns:
            of each, as the system counts it; and of all together, where a page of a library that
            several of them have loaded counts once.
        """
        each: dict[str, float] = {}
        own = 0.0
        shared: dict[str, float] = {}
        for module in modules:
            process = self.process_of(module)
            each[module] = process.memory_info().rss / 1e6
            for part in process.memory_maps():
                own += part.anonymous / 1e6
                mapped = (part.rss - part.anonymous) / 1e6
                shared[part.path] = max(mapped, shared.get(part.path, 0.0))
        return each, own + sum(shared.values())

    def processes(self) -> dict[psutil.Process, str]:
        """Return all processes of the system, and what each is called."""
        assert self._process is not None
        found: dict[psutil.Process, str] = {}
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                found[process] = _name(process)
        return found

    def process_of(self, module: str) -> psutil.Process:
        """Return the process started as `python -m module`."""
        assert self._process is not None
        for process in psutil.Process(self._process.pid).children(recursive=True):
            if process.cmdline()[-2:] == ["-m", module]:
                return process
        sys.exit(f"{module} does not run.")


def _name(process: psutil.Process) -> str:
    """Call a process after its module, or after whose child it is."""
    command = process.cmdline()
    if "-m" in command[:-1]:
        return command[command.index("-m") + 1].removeprefix("services.")
    parent = process.parent()
    if "--multiprocessing-fork" in command and parent is not None:
        return READER if "services.registry" in parent.cmdline() else f"child of {_name(parent)}"
    return process.name()
