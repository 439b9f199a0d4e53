"""Headers of requests and responses: what the door reads of them, and what it passes on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.refusals import BadRequest, HeadersTooLarge
from gateway.table import PREFIX

Headers = list[tuple[bytes, bytes]]
LARGEST = 64 * 1024
_TWICE = "The header {0} is there twice: send it once."

# RFC 9110 §7.6.1: about this connection only, never about the message.
HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
# Who is in front of the services is said by the gateway alone.
_OURS = frozenset(
    (
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-proto",
        b"x-forwarded-prefix",
        b"x-real-ip",
        b"x-request-id",
    )
)
_READ = frozenset((b"host", b"origin", b"sec-fetch-site", b"content-length"))
_DROPPED = HOP_BY_HOP | _OURS | {b"host", b"content-length", b"expect"}
_NOT_RETURNED = HOP_BY_HOP | {b"x-request-id", b"server", b"date"}
_SPECIAL = _DROPPED | _READ
_NO_BODY = (204, 304)


@dataclass(slots=True)
class Head:
    """What the door needs to know of a request's headers, read in one pass."""

    kept: list[tuple[str, str]] = field(default_factory=list)
    host: str = ""
    origin: str | None = None
    site: str | None = None
    length: int | None = None
    chunked: bool = False
    connection: str = ""

    @property
    def has_body(self) -> bool:
        """Say whether a body follows."""
        return self.chunked or bool(self.length)


def read(headers: Iterable[tuple[bytes, bytes]]) -> Head:
    """Read a request's headers and keep those that may be passed on.

    Raises:
        BadRequest: two servers could read the message differently.
        HeadersTooLarge: they are larger than anything that is used here.
    """
    head = Head()
    size, keep = 0, head.kept.append
    try:
        for name, value in headers:
            size += len(name) + len(value)
            if name in _SPECIAL:
                _special(head, name, value.decode())
                if name in _DROPPED:
                    continue
            keep((name.decode("ascii"), value.decode()))
    except UnicodeDecodeError as error:
        raise BadRequest("A header is not UTF-8 text.") from error
    if size > LARGEST:
        raise HeadersTooLarge(f"The headers are larger than {LARGEST // 1024} kB.")
    if head.chunked and head.length is not None:
        raise BadRequest("Both Content-Length and Transfer-Encoding are there: send one of them.")
    if head.connection:
        _drop_named(head)
    return head


def _special(head: Head, name: bytes, value: str) -> None:
    match name:
        case b"host":
            _once(head.host == "", "Host")
            head.host = value.strip().lower()
        case b"origin":
            _once(head.origin is None, "Origin")
            head.origin = value.strip().lower()
        case b"sec-fetch-site":
            head.site = value.strip().lower()
        case b"content-length":
            _once(head.length is None, "Content-Length")
            head.length = _length(value)
        case b"transfer-encoding":
            if head.chunked or value.strip().lower() != "chunked":
                raise BadRequest("The only Transfer-Encoding that is understood is `chunked`.")
            head.chunked = True
        case b"connection":
            head.connection += f"{value},"


def _once(first: bool, name: str) -> None:
    if not first:
        raise BadRequest(_TWICE.format(name))


def _length(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise BadRequest(f"Content-Length is {value[:40]!r}, not a number of bytes.")
    return int(value)


def _drop_named(head: Head) -> None:
    """Drop the headers that `Connection` says are about this connection only."""
    named = {part.strip().lower() for part in head.connection.split(",")}
    if not named <= {"", "keep-alive", "close", "upgrade"}:
        head.kept = [(name, value) for name, value in head.kept if name not in named]


def forwarded(head: Head, client: Sequence[object] | None, scheme: str) -> list[tuple[str, str]]:
    """Return the headers that tell a service who asked whom."""
    return [
        ("x-forwarded-for", str(client[0]) if client else "unknown"),
        ("x-forwarded-host", head.host),
        ("x-forwarded-proto", {"ws": "http", "wss": "https"}.get(scheme, scheme)),
        ("x-forwarded-prefix", PREFIX),
    ]


def returned(
    headers: Iterable[tuple[bytes, bytes]], status: int, base: str, request_id: str
) -> Headers:
    """Return the headers of a service's response that the client gets."""
    kept: Headers = []
    named: set[bytes] = set()
    for name, value in headers:
        lower = name.lower()
        if lower == b"connection":
            named.update(part.strip().lower() for part in value.split(b","))
        elif lower == b"location":
            kept.append((lower, _public(value, base)))
        elif lower not in _NOT_RETURNED and not (lower == b"content-length" and status in _NO_BODY):
            kept.append((lower, value))
    if not named <= {b"keep-alive", b"close"}:
        kept = [(name, value) for name, value in kept if name not in named]
    kept.append((b"x-request-id", request_id.encode()))
    kept.append((b"x-content-type-options", b"nosniff"))
    return kept


def _public(location: bytes, base: str) -> bytes:
    """Write a service's address as the public one: services know nothing of the prefix."""
    path = location.removeprefix(base.encode())
    if path.startswith(b"/") and not path.startswith(b"//"):
        return PREFIX.encode() + path
    return location
