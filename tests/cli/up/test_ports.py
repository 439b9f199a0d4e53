"""The public port: refused in one sentence where it cannot be had."""

import socket

import pytest

from cli.up.ports import free, refuse_if_taken
from shared.kit.errors import Conflict


def test_a_busy_port_is_refused_with_another_to_choose() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]

        with pytest.raises(Conflict, match=rf"Port {port} is in use.*SHELFCAST_PORT="):
            refuse_if_taken("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Conflict, match="SHELFCAST_HOST"):
        refuse_if_taken("192.0.2.1", 8000)


def test_free_ports_differ_and_can_be_used() -> None:
    ports = free(3)

    assert len(set(ports)) == 3
    for port in ports:
        refuse_if_taken("127.0.0.1", port)
