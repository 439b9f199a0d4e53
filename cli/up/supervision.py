"""The supervisor: its configuration file, its process, and what it says about the programs."""

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from cli.up.place import Place
from cli.up.programs import Program, System

START_TRIES = 3
FATAL = "FATAL"
CHILD = [sys.executable, "-m", "cli.up.child"]


def configuration(place: Place, programs: list[Program]) -> str:
    """Write supervisord's file: restarts with growing pauses, rotated logs, whole groups killed."""
    sections = [
        f"""
[supervisord]
nodaemon=true
logfile={_escaped(place.logs / "supervisor.log")}
logfile_maxbytes=1MB
logfile_backups=2
pidfile={_escaped(place.run / "supervisor.pid")}
childlogdir={_escaped(place.logs)}
{"user=root" if os.getuid() == 0 else ""}

[unix_http_server]
file={_escaped(place.supervisor_socket)}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    ]
    sections += [_section(place, program) for program in programs]
    return "".join(sections)


def _section(place: Place, program: Program) -> str:
    environment = ",".join(f'{k}="{_escaped(v)}"' for k, v in program.environment.items())
    return f"""
[program:{program.name}]
command={_escaped(shlex.join([*CHILD, *program.command]))}
environment={environment}
priority={program.priority}
autorestart=true
startsecs=2
startretries={START_TRIES}
stopsignal=TERM
stopwaitsecs={program.stop_s}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={_escaped(place.logs / f"{program.name}.log")}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")


class Supervisor:
    """A running supervisord."""

    def __init__(self, place: Place, process: asyncio.subprocess.Process) -> None:
        self._place = place
        self._process = process
        self._proxy = xmlrpc.client.ServerProxy(
            "http://supervisor",
            transport=SupervisorTransport(serverurl=f"unix://{place.supervisor_socket}"),
        )

    @classmethod
    async def start(cls, place: Place, system: System) -> "Supervisor":
        """Start supervisord and with it all programs.

        It gets a process group of its own: Ctrl-C reaches only us, and we stop things in order.
        """
        file = place.run / "supervisord.conf"
        file.write_text(configuration(place, system.programs))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cli.up.supervisord",
            str(file),
            str(os.getpid()),
            env=system.environment,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        return cls(place, process)

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    @property
    def logs(self) -> Path:
        return self._place.logs

    async def states(self) -> dict[str, Mapping[str, Any]]:
        """Return what supervisord says about each program; nothing while it starts."""
        try:
            found = await asyncio.to_thread(self._proxy.supervisor.getAllProcessInfo)
        except (OSError, xmlrpc.client.Error):
            return {}
        return {row["name"]: row for row in cast(list[dict[str, Any]], found)}

    async def retry(self, program: str) -> None:
        """Start a program again that supervisord gave up on."""
        try:
            await asyncio.to_thread(self._proxy.supervisor.startProcess, program, False)
        except (OSError, xmlrpc.client.Error):
            return

    async def stop(self) -> None:
        """Stop the programs in order, last started first, then supervisord itself."""
        if self.has_ended:
            return
        self._process.send_signal(signal.SIGTERM)
        await self._process.wait()

    def kill(self) -> None:
        """End everything at once; the kernel takes the programs with supervisord."""
        if not self.has_ended:
            self._process.kill()

    def last_words(self, program: str, lines: int = 8) -> list[str]:
        """Return the end of a program's log."""
        try:
            log = (self.logs / f"{program}.log").read_text(errors="replace")
        except OSError:
            return []
        return log.splitlines()[-lines:]
