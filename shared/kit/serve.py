"""Run one service with uvicorn, the same way everywhere."""

import os

import uvicorn

from shared.kit.process import die_with_parent

DRAIN_S = 10


def serve(factory: str, host: str, port: int) -> None:
    """Serve `module:factory` until SIGTERM; open requests get `DRAIN_S` to finish."""
    if os.environ.get("SHELFCAST_SUPERVISED") == "1":
        die_with_parent()
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
