"""The one table of routes: which public path belongs to which service; the rest is not served.

A path is found by its first segment. Each segment is checked as it was sent, so that no encoded
slash and no dot segment, read differently further in, leads out of the table.
"""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

from gateway.refusals import AddressTooLong, MethodNotAllowed
from shared.kit.errors import NotFound

Service = Literal["registry", "training", "prediction"]
PREFIX = "/api"
LONGEST = 8192
_PREFIX = PREFIX.encode() + b"/"
_QUERY = re.compile(rb"[!-\"$-~]*")
_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)+")
_SEGMENT = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
_FORBIDDEN = re.compile(rb"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True, slots=True)
class Route:
    """One first segment of the public API."""

    service: Service
    methods: frozenset[str]
    sockets: bool = False


def _route(service: Service, methods: str, *, sockets: bool = False) -> Route:
    return Route(service, frozenset(methods.split()), sockets)


TABLE: dict[bytes, Route] = {
    b"upload": _route("registry", "GET POST"),
    b"sample-data": _route("registry", "POST"),
    b"datasets": _route("registry", "GET POST DELETE"),
    b"models": _route("registry", "GET PUT DELETE"),
    b"algorithms": _route("training", "GET"),
    b"training": _route("training", "POST"),
    b"train": _route("training", "POST"),
    b"tasks": _route("training", "GET POST", sockets=True),
    b"prediction": _route("prediction", "GET POST DELETE"),
}


class Target(NamedTuple):
    """Where a request goes: the service, and the path and query as the service knows them."""

    service: Service
    path: str


def find(method: str, raw_path: bytes, query: bytes) -> Target:
    """Return where a request goes.

    Raises:
        NotFound: the path is not in the table.
        MethodNotAllowed: the path is, but not with this method.
        AddressTooLong: nothing here has such a long address.
    """
    route, path = _look_up(raw_path, query)
    if method not in route.methods:
        allow = ", ".join(sorted(route.methods))
        raise MethodNotAllowed(f"{method} is not possible here; possible: {allow}.", allow)
    return Target(route.service, path)


def find_socket(raw_path: bytes, query: bytes) -> Target:
    """Return where a WebSocket goes.

    Raises:
        NotFound: there is no WebSocket at this path.
    """
    route, path = _look_up(raw_path, query)
    if not route.sockets:
        raise NotFound("There is no WebSocket at this address.")
    return Target(route.service, path)


def _look_up(raw_path: bytes, query: bytes) -> tuple[Route, str]:
    if len(raw_path) + len(query) > LONGEST:
        raise AddressTooLong(f"The address is longer than {LONGEST} bytes.")
    path = raw_path[len(PREFIX) :] if raw_path.startswith(_PREFIX) else b""
    if not _PLAIN.fullmatch(path) and not _is_safe(path):
        raise _unknown()
    route = TABLE.get(path[1:].partition(b"/")[0])
    if route is None:
        raise _unknown()
    inner = path.decode("ascii")
    return route, f"{inner}?{_escape(query)}" if query else inner


def _is_safe(path: bytes) -> bool:
    return path.startswith(b"/") and all(map(_is_safe_segment, path[1:].split(b"/")))


def _is_safe_segment(segment: bytes) -> bool:
    if not _SEGMENT.fullmatch(segment):
        return False
    plain = unquote_to_bytes(segment)
    return plain not in (b".", b"..") and not _FORBIDDEN.search(plain)


def _escape(query: bytes) -> str:
    """Write bytes that a URL must not hold, such as plain UTF-8, as %XX, and keep the rest."""
    if _QUERY.fullmatch(query):
        return query.decode("ascii")
    return "".join(chr(b) if 0x21 <= b <= 0x7E and b != 0x23 else f"%{b:02X}" for b in query)


def _unknown() -> NotFound:
    return NotFound(f"There is no such address in the API; {PREFIX}/docs shows all that there are.")
