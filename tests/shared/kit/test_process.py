import os
import signal
import subprocess
import sys
import time

import psutil

CHILD = """
import os, sys, time
from shared.kit.process import die_with_parent
die_with_parent(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(600)
"""
PARENT = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {CHILD!r}, str(os.getpid())], start_new_session=True)
time.sleep(600)
"""


def gone(process: int) -> bool:
    return not psutil.pid_exists(process) or (
        psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    )


def test_a_child_dies_with_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10

        while not gone(child) and time.monotonic() < deadline:
            time.sleep(0.02)

        assert gone(child)


def test_a_child_whose_parent_is_dead_already_ends_at_once() -> None:
    orphan = subprocess.run(
        [sys.executable, "-c", CHILD, "1"], capture_output=True, timeout=30, check=False
    )

    assert (orphan.returncode, orphan.stdout) == (1, b"")
