"""The runner process by itself: it never outlives who started it."""

import asyncio
import os
import sys

from services.training import runners
from services.training.protocol import Assignment
from services.training.runners import Runner, Runners
from services.training.settings import TrainingSettings
from services.training.worker import check
from shared.contracts.tasks import TrainingRequest
from tests.services.training.conftest import Workers, eventually


async def test_a_runner_ends_when_its_pipe_is_closed() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.training.runner",
        str(os.getpid()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(b"")

    assert (process.returncode, output) == (1, b"")


async def test_a_runner_whose_worker_is_dead_already_ends_at_once() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.training.runner", "1", stdin=asyncio.subprocess.PIPE
    )

    assert await process.wait() == 1


async def test_a_runner_knows_no_secrets_and_few_threads(settings: TrainingSettings) -> None:
    told = settings.model_copy(update={"training_threads": 3})

    environment = runners._environment(told)

    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert not set(runners.SECRETS) & set(environment)


async def test_a_warm_runner_is_lent_once_and_ends_with_its_lender(
    settings: TrainingSettings,
) -> None:
    lender = Runners(settings.model_copy(update={"training_warm": True}))
    lender.warm()
    async with lender.lend() as first:
        assert first.is_alive
    async with lender.lend() as second:
        assert second.is_alive
    lender.warm()
    await lender.close()

    assert first.pid != second.pid
    assert not first.is_alive
    assert not second.is_alive


async def test_a_runner_that_has_died_is_told_nothing(settings: TrainingSettings) -> None:
    runner = await Runner.start(settings)
    await runner.kill()
    request = TrainingRequest.model_validate(
        {"dataset_id": "00000000-0000-0000-0000-000000000000", "algorithm": "lstm"}
    )

    await runner.assign(
        Assignment(
            task_id=request.dataset_id, request=request, registry_url="", cache="", folder=""
        )
    )
    said = [one async for one in runner.said()]

    assert said == []
    assert "killed by the system" in runner.why_it_ended()


async def test_a_health_check_finds_a_living_worker(
    settings: TrainingSettings, workers: Workers
) -> None:
    before = await check(settings)
    workers.start()

    async def alive() -> bool:
        return await check(settings)

    assert not before
    assert await eventually(alive)
