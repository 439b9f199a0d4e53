"""Ports: is the public one free, and which loopback ports may the inner services use."""

import errno
import os
import socket
from contextlib import ExitStack

from shared.kit.errors import Conflict

LOOPBACK = "127.0.0.1"


def refuse_if_taken(host: str, port: int) -> None:
    """Check that the gateway will be able to listen.

    Raises:
        Conflict: it will not; the sentence says why.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise Conflict(f"SHELFCAST_HOST={host} is no address of this machine.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen()
        except OSError as error:
            raise Conflict(_why(error, host, port)) from error


def _why(error: OSError, host: str, port: int) -> str:
    other = f"choose another one, for example SHELFCAST_PORT={port % 60000 + 1000}"
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program: stop it, or {other}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs administrator rights: {other}."
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"Cannot listen on {host}:{port} ({reason}): check SHELFCAST_HOST and SHELFCAST_PORT."


def free(count: int) -> list[int]:
    """Return loopback ports that are free now, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]
