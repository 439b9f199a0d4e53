"""Tasks of asyncio that run beside others, and how they are ended for certain."""

import asyncio

AGAIN_S = 0.2


async def end(*tasks: "asyncio.Task[object]") -> None:
    """Cancel tasks until they have ended, whatever they end with.

    Once is not enough: redis-py loses a cancellation that comes while it connects.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)  # an error here has been told elsewhere
