"""Who may come in: by which host name, and from pages of which origin.

A service on the loopback address is reachable by every page that a browser on this machine opens.
The host name is checked against rebound names (DNS rebinding), the origin against requests that
another site's page sends in the user's name (CSRF, cross-site WebSockets).
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from gateway.heads import Head
from gateway.refusals import Forbidden
from gateway.settings import GatewaySettings

ANY = "*"
HARMLESS = frozenset(("GET", "HEAD", "OPTIONS"))
_OWN_SITES = frozenset(("same-origin", "none"))
_REMEMBERED = 1024


class Guard:
    """Checks every request before anything else looks at it."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._hosts = {name.lower().strip("[]") for name in settings.allowed_hosts}
        self._hosts.add(settings.host.lower())
        self._origins = {origin.lower().rstrip("/") for origin in settings.allowed_origins}
        self._good: set[str] = set()

    def check_host(self, head: Head) -> None:
        """Let a request pass whose host is an address, this machine, or a name that is allowed.

        Raises:
            Forbidden: it is another name.
        """
        if head.host in self._good:
            return
        name = host_name(head.host)
        if not (is_loopback(name) or is_address(name) or self._hosts & {name, ANY}):
            raise Forbidden(
                f"This gateway is not known as {name[:80]!r}. If that is its name, start it with "
                f"SHELFCAST_ALLOWED_HOSTS={name[:80]}."
            )
        if len(self._good) < _REMEMBERED:
            self._good.add(head.host)

    def check_origin(self, head: Head, method: str) -> None:
        """Let a request pass that changes nothing, or that no other site's page has sent.

        Raises:
            Forbidden: a page of another site sent it.
        """
        if method not in HARMLESS:
            self.check_page(head)

    def check_page(self, head: Head) -> None:
        """Let a request pass that no other site's page has sent.

        Raises:
            Forbidden: a page of another site sent it.
        """
        if head.origin is None:
            if head.site is None or head.site in _OWN_SITES:  # not a browser, or our own page
                return
        elif self._is_trusted(head.origin, head.host):
            return
        origin = head.origin or "another site"
        raise Forbidden(
            f"A page of {origin[:80]} may not do this. If you trust it, start the gateway with "
            f"SHELFCAST_ALLOWED_ORIGINS={(head.origin or 'http://host:port')[:80]}."
        )

    def _is_trusted(self, origin: str, host: str) -> bool:
        if origin in self._origins or ANY in self._origins:
            return True
        try:
            page = urlsplit(origin)
        except ValueError:
            return False
        if page.scheme not in ("http", "https") or "@" in page.netloc:
            return False
        if page.netloc == host:
            return True
        # a development server on this machine, as long as nobody has said whom to trust
        ours = is_loopback(host_name(page.netloc)) and is_loopback(host_name(host))
        return ours and not self._origins


def host_name(host: str) -> str:
    """Return a host without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_loopback(name: str) -> bool:
    """Say whether a host name can only mean this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return is_address(name) and ip_address(name).is_loopback


def is_address(name: str) -> bool:
    """Say whether a host is an IP address: those cannot be rebound to another one."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
