"""Where forecasts are computed: a few threads off the event loop, with a bounded line before them.

Imports torch in the background, so that the service answers at once; `check` tells when it is
ready. Knows nothing of models: it runs functions.
"""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import ClassVar, TypeVar

import structlog

from shared.kit.errors import AppError, Unavailable

Result = TypeVar("Result")
log = structlog.get_logger()
LOADERS = 2
Work = Callable[[], Awaitable[Result]]


class Busy(AppError):
    """Too many forecasts wait already; this one was not started."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    headers: ClassVar[dict[str, str]] = {"Retry-After": "2"}


class TooSlow(AppError):
    """The forecast took longer than this deployment allows."""

    status = HTTPStatus.GATEWAY_TIMEOUT


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Engine:
    """Runs functions that hold a processor or the GPU for a while.

    Args:
        threads: how many forecasts run at the same time; chosen by the device if None.
        torch_threads: how many CPU threads one operation of torch may use.
        queue: how many forecasts may run and wait.
        deadline_s: how long a forecast may take, waiting included.
    """

    def __init__(
        self, threads: int | None, torch_threads: int, queue: int, deadline_s: float
    ) -> None:
        self._threads = threads
        self._torch_threads = torch_threads
        self._queue = queue
        self._deadline_s = deadline_s
        self._admitted = 0
        self._loaders = ThreadPoolExecutor(LOADERS, "load")
        self._forecasters: ThreadPoolExecutor | None = None
        self._warm: asyncio.Task[ThreadPoolExecutor] | None = None

    def start(self) -> None:
        """Begin to import torch and choose the device."""
        self._warm = asyncio.create_task(self._warm_up())
        self._warm.add_done_callback(_report)

    async def close(self) -> None:
        """Finish what runs, drop what waits."""
        if self._warm is not None:
            await asyncio.gather(self._warm, return_exceptions=True)
        for pool in (self._loaders, self._forecasters):
            if pool is not None:
                await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def check(self) -> None:
        """Raise if forecasts cannot be made yet.

        Raises:
            Unavailable: torch is still being imported, or could not be.
        """
        if self._warm is None or not self._warm.done():
            raise Unavailable("The forecasting engine is still starting.")
        await self._ready()

    async def load(self, function: Callable[[], Result]) -> Result:
        """Run a function that reads files, beside the forecasts.

        Raises:
            Unavailable: the engine could not be started.
        """
        await self._ready()
        return await asyncio.get_running_loop().run_in_executor(self._loaders, function)

    async def compute(self, function: Callable[[], Result]) -> Result:
        """Run a forecast as soon as a thread is free; one that is given up before is not run.

        Raises:
            Unavailable: the engine could not be started.
        """
        job = (await self._ready()).submit(function)
        result = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(result)
        except asyncio.CancelledError:
            if not job.cancel():  # it runs: what it uses stays in use until it is over
                await asyncio.wait([result])
                result.exception()
            raise

    async def serve(self, work: Work[Result], gone: Work[object]) -> Result:
        """Answer one client: admit, and give up when the time is over or the client is gone.

        Raises:
            Busy: the line is full.
            TooSlow: the time is over.
            ClientGone: `gone` returned first.
        """
        if self._admitted >= self._queue:
            raise Busy(
                f"{self._queue} forecasts are being made already; this one was not started. "
                "Try again in a few seconds."
            )
        self._admitted += 1
        job = asyncio.ensure_future(work())
        job.add_done_callback(self._leave)
        watch = asyncio.ensure_future(gone())
        try:
            done, _ = await asyncio.wait(
                {job, watch}, timeout=self._deadline_s, return_when=asyncio.FIRST_COMPLETED
            )
            if job in done:
                return job.result()
            if watch in done:
                raise ClientGone
            raise TooSlow(
                f"The forecast took longer than {self._deadline_s:g} s and was given up. Ask for "
                "fewer series, paths or steps, or try again when fewer forecasts are being made."
            )
        finally:
            watch.cancel()
            job.cancel()

    def _leave(self, job: asyncio.Future[Result]) -> None:
        self._admitted -= 1
        if not job.cancelled():
            job.exception()  # seen: nobody may be left to hear it

    async def _ready(self) -> ThreadPoolExecutor:
        if self._warm is None:
            raise Unavailable("The forecasting engine was not started.")
        try:
            return await asyncio.shield(self._warm)
        except Exception as error:  # torch missing, no such device, a broken driver
            raise Unavailable(f"The forecasting engine cannot start here: {error}.") from error

    async def _warm_up(self) -> ThreadPoolExecutor:
        loop = asyncio.get_running_loop()
        device = await loop.run_in_executor(self._loaders, self._import)
        threads = self._threads or (1 if device != "cpu" else min(2, os.cpu_count() or 1))
        self._forecasters = ThreadPoolExecutor(threads, "forecast", self._calm)
        log.info("engine ready", device=device, threads=threads)
        return self._forecasters

    def _import(self) -> str:
        # idle threads of torch must sleep: spinning ones starve other processes on small machines
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        os.environ.setdefault("OMP_NUM_THREADS", str(self._torch_threads))
        import shared.forecasting as forecasting

        gc.collect()
        gc.freeze()  # torch's million objects live for ever: do not look through them again
        return forecasting.best_device().type

    def _calm(self) -> None:
        import torch

        torch.set_num_threads(self._torch_threads)


def _report(task: asyncio.Task[ThreadPoolExecutor]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("engine failed to start", exc_info=error)
