"""The runner process: does one assignment, told line by line over stdin, and ends.

It dies with its worker: the kernel kills it, and where the kernel cannot, the closed pipe does.
Whatever other code prints goes to stderr, so that stdout holds nothing but the protocol.
"""

import os
import sys
import threading
import traceback
from concurrent.futures import Future
from queue import SimpleQueue
from typing import BinaryIO

from shared.kit.process import die_with_parent


class Worker:
    """The worker's end of the pipes, as the runner sees it."""

    def __init__(self, orders: BinaryIO, answers: BinaryIO) -> None:
        self._orders = orders
        self._answers = answers
        self._lock = threading.Lock()
        self._first: SimpleQueue[bytes] = SimpleQueue()
        self.stopped = threading.Event()

    def listen(self) -> None:
        """Read orders until the worker closes the pipe, which ends this process at once."""
        first = self._orders.readline()
        if first:
            self._first.put(first)
        for _ in self._orders:
            self.stopped.set()
        os._exit(1)

    def assignment(self) -> bytes:
        """Return the first line, when it has come."""
        return self._first.get()

    def tell(self, line: bytes) -> None:
        """Write one line."""
        with self._lock:
            self._answers.write(line + b"\n")
            self._answers.flush()


def private_output() -> BinaryIO:
    """Keep stdout for the protocol, and send what anybody prints to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def main() -> None:
    """Do one assignment."""
    die_with_parent(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    worker = Worker(os.fdopen(os.dup(0), "rb"), private_output())
    threading.Thread(target=worker.listen, daemon=True).start()
    # imported only now, so that the process is guarded from its first moment
    from services.training.learning import carry_out

    core: Future[None] = Future()
    threading.Thread(target=_load, args=(core,), daemon=True).start()
    status = 0
    try:
        carry_out(worker.assignment(), worker.tell, worker.stopped, core)
    except Exception:
        traceback.print_exc()
        status = 1
    sys.stderr.flush()
    os._exit(status)  # nothing is left to do: do not wait for threads of libraries


def _load(core: "Future[None]") -> None:
    """Import torch and all algorithms, which takes seconds, ahead of the assignment."""
    try:
        from services.training import fitting  # noqa: F401
    except Exception as error:  # told to whoever waits for it
        core.set_exception(error)
    else:
        core.set_result(None)


if __name__ == "__main__":
    main()
