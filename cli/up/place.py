"""Where one running system lives: its data folder, its private run folder, its lock."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shared.kit.errors import Conflict

# sun_path holds 107 characters, and supervisord adds ".<pid>" to its socket's name for a moment.
LONGEST_SOCKET = 90
LONGEST_NAME = len("/supervisor.sock")
_UNSAFE = set(" \"'%?#;,\n\t")  # would have to be quoted in a URL or in supervisord's file


@dataclass(frozen=True)
class Place:
    """The folders of one running system."""

    data: Path
    run: Path  # 0700: sockets and supervisord's file

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def valkey_data(self) -> Path:
        return self.data / "valkey"

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def supervisor_socket(self) -> Path:
        return self.run / "supervisor.sock"


@contextmanager
def occupy(data: Path, address: str) -> Iterator[Place]:
    """Make the data folder ready and keep every other instance out of it.

    Raises:
        Conflict: the folder cannot be used, or another instance is running on it.
    """
    data = data.expanduser().resolve()
    _make_usable(data)
    with _lock(data / "lock", address), _run_folder(data) as run:
        yield Place(data, run)


def _make_usable(data: Path) -> None:
    try:
        for folder in (data, data / "logs", data / "valkey"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        raise Conflict(
            f"The data folder {data} cannot be written to ({error.strerror}): "
            "choose another one with SHELFCAST_DATA, or change its permissions."
        ) from error


@contextmanager
def _lock(file: Path, address: str) -> Iterator[None]:
    with _open(file) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = lock.read().strip() or "another process"
            raise Conflict(
                f"Shelfcast is already running on {file.parent} ({holder}): "
                "stop it first, or choose another folder with SHELFCAST_DATA."
            ) from error
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {address}\n")
        lock.flush()
        yield


def _open(file: Path) -> IO[str]:
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return os.fdopen(handle, "r+")


@contextmanager
def _run_folder(data: Path) -> Iterator[Path]:
    run = data / "run"
    if len(str(run)) + LONGEST_NAME <= LONGEST_SOCKET and not _UNSAFE & set(str(run)):
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(mode=0o700)
    else:
        run = Path(tempfile.mkdtemp(prefix="shelfcast-"))  # made 0700
    try:
        yield run
    finally:
        shutil.rmtree(run, ignore_errors=True)
