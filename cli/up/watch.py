"""Watch the programs: wait until all are ready, then tell when one fails and comes back."""

import asyncio
from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from cli.api import Api
from cli.console import console, is_interactive
from cli.up.supervision import FATAL, Supervisor
from shared.kit.errors import AppError, Unavailable

LOOK_EVERY_S = 0.2
WATCH_EVERY_S = 2.0
PATIENT_S = 20.0
GIVE_UP_S = 300.0
RETRY_AFTER_S = 30.0
States = Mapping[str, Mapping[str, Any]]


async def until_ready(api: Api, supervisor: Supervisor) -> None:
    """Return when the gateway says that every service is ready.

    Raises:
        Unavailable: a program cannot start; the message ends with the last lines of its log.
    """
    begun = asyncio.get_running_loop().time()
    told: set[str] = set()
    with console.status("Starting …") as status:
        while (services := await _waiting_for(api)) != {}:
            waited = asyncio.get_running_loop().time() - begun
            _refuse_if_broken(supervisor, await supervisor.states())
            if waited > GIVE_UP_S:
                raise Unavailable(f"Not ready after {GIVE_UP_S:.0f} s; {supervisor.logs} says why.")
            if waited > PATIENT_S:
                _tell_once(services, told)
            if is_interactive() and services:
                status.update(f"Starting … waiting for {', '.join(services)}")
            await asyncio.sleep(LOOK_EVERY_S)


async def _waiting_for(api: Api) -> dict[str, str]:
    """Return what is not ready yet, and why; nothing when all is."""
    try:
        health = await api.health()
    except AppError:
        return {"gateway": "It does not answer yet."}
    if health.status == "ready":
        return {}
    return {
        name: service.detail or "It does not answer yet."
        for name, service in health.services.items()
        if service.status != "ready"
    }


def _tell_once(services: Mapping[str, str], told: set[str]) -> None:
    for name, why in services.items():
        words = f"still waiting for {name}: {why}"
        if words not in told:
            told.add(words)
            console.print(words, style="dim", markup=False, soft_wrap=True)


def _refuse_if_broken(supervisor: Supervisor, states: States) -> None:
    if supervisor.has_ended:
        raise Unavailable(f"The supervisor ended; {supervisor.logs / 'supervisor.log'} says why.")
    for name, state in states.items():
        if state["statename"] == FATAL:
            words = "\n".join(f"  {line}" for line in supervisor.last_words(name))
            log = supervisor.logs / f"{name}.log"
            raise Unavailable(f"The program {name} cannot start; the end of {log}:\n{words}")


async def watch(supervisor: Supervisor) -> None:
    """Tell what happens to the programs, for ever; one that keeps failing is tried again.

    Raises:
        Unavailable: the supervisor itself ended.
    """
    before = {name: state["pid"] for name, state in (await supervisor.states()).items()}
    retried: dict[str, float] = {}
    while True:
        await asyncio.sleep(WATCH_EVERY_S)
        if supervisor.has_ended:
            raise Unavailable("The supervisor ended, and everything with it. Start again.")
        for name, state in (await supervisor.states()).items():
            await _retry_if_given_up(supervisor, name, state, retried)
            if state["pid"] and before.get(name) and state["pid"] != before[name]:
                _tell(f"{name} ended and was started again", supervisor, name)
            if state["pid"]:
                before[name] = state["pid"]


async def _retry_if_given_up(
    supervisor: Supervisor, name: str, state: Mapping[str, Any], retried: dict[str, float]
) -> None:
    now = asyncio.get_running_loop().time()
    if state["statename"] != FATAL or now < retried.get(name, 0.0) + RETRY_AFTER_S:
        return
    retried[name] = now
    _tell(f"{name} keeps ending; trying again every {RETRY_AFTER_S:.0f} s", supervisor, name)
    await supervisor.retry(name)


def _tell(words: str, supervisor: Supervisor, name: str) -> None:
    log = supervisor.logs / f"{name}.log"
    console.print(f"[yellow]![/] {escape(words)} [dim](see {escape(str(log))})[/]", soft_wrap=True)
