"""Processes that do not outlive the one that started them."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel to kill this process when its parent ends, however it ends.

    Linux only; elsewhere a child notices that its input has closed. Call it first thing in the
    child. The parent may have died before that: give its process id, where the child was told it,
    so that this is noticed too.
    """
    if sys.platform != "linux":
        return
    before = os.getppid() if parent is None else parent
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != before:
        os._exit(1)
