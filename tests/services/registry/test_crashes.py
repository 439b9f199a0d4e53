"""A registry killed in the middle of storing: nothing half is ever seen."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.services.registry.conftest import Stored
from tests.services.registry.filing import sales_csv


def start(folder: Path, port: int, module: str = "services.registry") -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "SHELFCAST_DATA": str(folder),
        "SHELFCAST_REGISTRY_PORT": str(port),
    }
    return subprocess.Popen([sys.executable, "-m", module], env=environment)


def wait(client: httpx.Client) -> None:
    for _ in range(300):
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the registry did not start")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def half_an_upload(port: int, folder: Stored) -> socket.socket:
    """Send the beginning of a file and wait until some of it lies on the disk."""
    connection = socket.create_connection(("127.0.0.1", port))
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n'
    head = (
        "POST /upload HTTP/1.1\r\nHost: registry\r\nContent-Length: 90000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    connection.sendall(head.encode() + part + sales_csv() * 3000)
    for _ in range(300):
        if any(half.stat().st_size for half in folder.halves):
            return connection
        time.sleep(0.1)
    raise AssertionError("nothing was written")


def test_a_kill_in_the_middle_of_an_upload_leaves_nothing(tmp_path: Path) -> None:
    port, stored = free_port(), Stored(tmp_path / "blobs")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        process = start(tmp_path, port)
        try:
            wait(client)
            connection = half_an_upload(port, stored)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            connection.close()
            assert stored.halves, "the file in the making is still there"

            process = start(tmp_path, port)
            wait(client)

            assert (stored.halves, stored.blobs) == ([], set())
            assert client.get("/datasets").json()["total"] == 0
        finally:
            process.kill()
            process.wait(10)


def store_dataset(client: httpx.Client) -> None:
    client.post("/upload", files={"file": ("sales.csv", sales_csv())})


def store_artifact(client: httpx.Client) -> None:
    client.put(f"/internal/blobs/{hashlib.sha256(b'weights').hexdigest()}", content=b"weights")


@pytest.mark.parametrize("store", [store_dataset, store_artifact])
def test_a_kill_before_a_stored_file_is_entered_leaves_nothing(
    tmp_path: Path, store: Callable[[httpx.Client], None]
) -> None:
    port, stored = free_port(), Stored(tmp_path / "blobs")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
        process = start(tmp_path, port, "tests.services.registry.killed")
        try:
            wait(client)
            with pytest.raises(httpx.TransportError):
                store(client)
            process.wait(10)
            assert len(stored.blobs) == 1, "the file is in its place, and nobody knows it"

            process = start(tmp_path, port)
            wait(client)

            assert (stored.halves, stored.blobs) == ([], set())
            assert client.get("/datasets").json()["total"] == 0
        finally:
            process.kill()
            process.wait(10)
