"""A health check for containers: `python -m shared.kit.probe URL` fails unless it answers 200."""

import http.client
import sys
from urllib.parse import urlsplit

TIMEOUT_S = 4


def main(url: str) -> int:
    """Return 0 if the address answers 200."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("GET", address.path)
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
