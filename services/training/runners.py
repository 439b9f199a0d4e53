"""Runner processes as their worker sees them: start, assign, listen, stop. No torch here."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from pydantic import ValidationError

from services.training import catalogue
from services.training.protocol import LONGEST_LINE, SAID, STOP, Assignment, Said
from services.training.settings import TrainingSettings
from shared.kit.background import end

STOP_S = 1.5
TERMINATE_S = 1.0
TAIL_LINES = 20
SECRETS = ("SHELFCAST_DATABASE_URL", "SHELFCAST_REDIS_URL")  # a runner needs neither
log = structlog.get_logger()


class Runner:
    """One process that carries out one assignment."""

    def __init__(self, process: asyncio.subprocess.Process, algorithms: str) -> None:
        self._process = process
        self.algorithms = algorithms
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._errors = asyncio.create_task(self._read_errors())

    @classmethod
    async def start(cls, settings: TrainingSettings) -> "Runner":
        """Start a process; it loads torch while it waits for its assignment."""
        algorithms = await asyncio.to_thread(catalogue.digest)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.training.runner",
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(settings),
            limit=LONGEST_LINE,
            start_new_session=True,
        )
        return cls(process, algorithms)

    @property
    def pid(self) -> int:
        """Return the id of the process, which is also that of its group."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Say whether the process has not ended."""
        return self._process.returncode is None

    async def assign(self, assignment: Assignment) -> None:
        """Tell what to do."""
        await self._write(assignment.model_dump_json().encode() + b"\n")

    async def said(self) -> AsyncIterator[Said]:
        """Yield what the runner says, until it ends."""
        output = self._process.stdout
        assert output is not None
        while line := await output.readline():
            try:
                yield SAID.validate_json(line)
            except ValidationError as error:
                log.warning("the runner said what nobody understands", error=str(error)[:300])
        await self._process.wait()

    async def stop(self) -> None:
        """End the process: ask, then insist, then make sure; at most three seconds."""
        if self.is_alive:
            await self._write(STOP)
            if not await self._ends_within(STOP_S):
                self._signal(signal.SIGTERM)
                if not await self._ends_within(TERMINATE_S):
                    self._signal(signal.SIGKILL)
        await self._ended()

    async def kill(self) -> None:
        """End the process at once."""
        if self.is_alive:
            self._signal(signal.SIGKILL)
        await self._ended()

    def last_words(self) -> str:
        """Return the end of what the process wrote to stderr."""
        return "\n".join(self._tail)

    def why_it_ended(self) -> str:
        """Say in words why a process ended that gave no answer."""
        code = self._process.returncode or 0
        if code == -signal.SIGKILL:
            return (
                "The training process was killed by the system, most likely because memory ran "
                "out. Try a smaller batch, network or context, fewer series, or more memory."
            )
        if code < 0:
            name = signal.Signals(-code).name
            return f"The training process was ended by the signal {name}."
        return f"The training process ended without an answer (exit status {code})."

    async def _ended(self) -> None:
        await self._process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # what the process may have started
        await asyncio.wait({self._errors}, timeout=TERMINATE_S)
        await end(self._errors)

    async def _ends_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), seconds)
        return not self.is_alive

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    async def _write(self, line: bytes) -> None:
        orders = self._process.stdin
        assert orders is not None
        with suppress(ConnectionError):  # it has ended; whoever listens will know
            orders.write(line)
            await orders.drain()

    async def _read_errors(self) -> None:
        errors = self._process.stderr
        assert errors is not None
        while line := await errors.readline():
            self._tail.append(line.decode(errors="replace").rstrip())


def _environment(settings: TrainingSettings) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in SECRETS}
    threads = str(settings.runner_threads)
    return {
        **inherited,
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads starve each other on a busy machine
        "PYTHONUNBUFFERED": "1",
    }


class Runners:
    """Lends runners; keeps one warm, with torch loaded, for the next task."""

    def __init__(self, settings: TrainingSettings) -> None:
        self._settings = settings
        self._spare: Runner | None = None
        self._warming: asyncio.Task[None] | None = None
        self._closed = False

    def warm(self) -> None:
        """Start a spare runner in the background, if there is to be one."""
        if self._settings.training_warm and self._warming is None and not self._closed:
            self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        if self._spare is None or not self._spare.is_alive:
            self._spare = await Runner.start(self._settings)

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Runner]:
        """Lend a runner; it has ended when this is left."""
        runner = await self._fresh()
        try:
            yield runner
        finally:
            await runner.kill()
            self.warm()

    async def _fresh(self) -> Runner:
        """Return the spare runner if it knows the present algorithms, else a new one."""
        warming, self._warming = self._warming, None
        if warming is not None:
            await warming
        spare, self._spare = self._spare, None
        if spare is not None and spare.is_alive:
            if spare.algorithms == await asyncio.to_thread(catalogue.digest):
                return spare
            await spare.kill()
        return await Runner.start(self._settings)

    async def close(self) -> None:
        """End the spare runner."""
        self._closed = True
        if self._warming is not None:
            await self._warming
        if self._spare is not None:
            await self._spare.kill()
