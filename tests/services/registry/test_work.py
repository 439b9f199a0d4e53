import asyncio
import os
import signal

import psutil
import pytest

from services.registry.work import Workshop
from shared.kit.errors import Invalid, Unavailable


async def test_work_runs_in_another_process_that_ends_when_it_is_not_needed() -> None:
    workshop = Workshop()

    there = await workshop.run(os.getpid)
    workshop.close()

    assert there != os.getpid()
    assert await asyncio.to_thread(_gone, there)


async def test_a_refusal_comes_back_with_its_field() -> None:
    workshop = Workshop()

    with pytest.raises(Invalid, match="wrong") as caught:
        await workshop.run(_refuse)
    workshop.close()

    assert [error.pointer for error in caught.value.errors] == ["/file"]


async def test_a_process_that_dies_is_one_clear_error_and_the_next_work_is_done() -> None:
    workshop = Workshop()

    with pytest.raises(Unavailable, match="Nothing was stored"):
        await workshop.run(_die)
    after = await workshop.run(os.getpid)
    workshop.close()

    assert after != os.getpid()


def _gone(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(timeout=30)
    except psutil.NoSuchProcess:
        return True
    return not psutil.pid_exists(pid)


def _refuse() -> None:
    raise Invalid("This is wrong.", field="/file")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
