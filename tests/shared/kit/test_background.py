import asyncio
from contextlib import suppress

from shared.kit.background import end


async def test_a_task_that_loses_a_cancellation_is_ended_all_the_same() -> None:
    async def forgetful() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        await asyncio.sleep(3600)

    task = asyncio.create_task(forgetful())
    await asyncio.sleep(0)

    await end(task)

    assert task.cancelled()


async def test_the_errors_of_ended_tasks_are_not_raised_again() -> None:
    async def failing() -> int:
        raise RuntimeError("told elsewhere")

    async def done() -> int:
        return 1

    tasks = (asyncio.create_task(failing()), asyncio.create_task(done()))
    await asyncio.sleep(0)

    await end(*tasks)

    assert all(task.done() for task in tasks)
