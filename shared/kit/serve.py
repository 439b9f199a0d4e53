"""Run one service with uvicorn, the same way everywhere."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

from shared.kit.process import die_with_parent

DRAIN_S = 10
# Others import these wherever they are installed: structlog and alembic to colour what they print,
# pyarrow to know a data frame when it is given one. Services do neither, and would be a third
# larger.
_NOT_NEEDED = ("rich", "pygments", "pandas", "watchfiles")


class _Absent(MetaPathFinder):
    """Answers imports of some packages as if they were not installed."""

    def __init__(self, packages: set[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname in self._packages:
            raise ModuleNotFoundError(f"This service does without {fullname}.", name=fullname)


def serve(factory: str, host: str, port: int, *, needs: tuple[str, ...] = ()) -> None:
    """Serve `module:factory` until SIGTERM; open requests get `DRAIN_S` to finish.

    Args:
        factory: `module:function` that builds the application.
        host: the address to listen on.
        port: the port to listen on.
        needs: of the packages that no service needs, those that this one does.
    """
    # Arrow's own allocators keep what was freed, in every thread
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    sys.meta_path.insert(0, _Absent(set(_NOT_NEEDED).difference(needs)))
    if os.environ.get("SHELFCAST_SUPERVISED") == "1":
        die_with_parent()
    import uvicorn  # not before: it would find more than it needs

    uvicorn.run(
        factory,
        factory=True,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=DRAIN_S,
        timeout_keep_alive=75,
    )
