"""Commands about background work: list, follow, cancel, repeat."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from cli.api import Api
from cli.console import console
from cli.following import follow
from cli.options import AsJson, Url
from cli.tables import show, show_json
from cli.training import describe
from shared.contracts.tasks import Task

TaskId = Annotated[UUID, typer.Argument(metavar="ID", help="The task's id.")]


def list_tasks(
    url: Url,
    task_id: Annotated[UUID | None, typer.Argument(metavar="ID", help="Only this one.")] = None,
    watch: Annotated[bool, typer.Option("--follow", "-f", help="Show its progress.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the tasks, newest first, or follow one."""
    if watch and task_id is None:
        raise typer.BadParameter("--follow needs a task's ID")
    asyncio.run(_tasks(url, task_id, watch, as_json))


async def _tasks(url: str, task_id: UUID | None, watch: bool, as_json: bool) -> None:
    async with Api(url) as api:
        found = await api.tasks() if task_id is None else [await api.task(task_id)]
        if watch:
            describe(await follow(api, found[0]))
            return
    if as_json:
        show_json(found)
        return
    show(
        "Tasks",
        ["id", "model", "status", "done#", "created", "why"],
        [(t.id, t.model, t.status, f"{t.progress:.0%}", t.created_at, _why(t)) for t in found],
        "No tasks yet: `shelfcast train DATASET ALGORITHM --follow` starts one.",
    )


def _why(task: Task) -> str:
    return task.error.detail if task.error is not None else ""


def cancel(task_id: TaskId, url: Url) -> None:
    """Stop a queued or running task."""
    asyncio.run(_cancel(url, task_id))


async def _cancel(url: str, task_id: UUID) -> None:
    async with Api(url) as api:
        task = await api.cancel(task_id)
    console.print(f"Task {task.id} is {task.status}.")


def repeat(
    task_id: TaskId,
    url: Url,
    watch: Annotated[bool, typer.Option("--follow", "-f", help="Show its progress.")] = False,
) -> None:
    """Train again as a task did: the same model, to the byte."""
    asyncio.run(_repeat(url, task_id, watch))


async def _repeat(url: str, task_id: UUID, watch: bool) -> None:
    async with Api(url) as api:
        task = await api.repeat(task_id)
        if watch:
            describe(await follow(api, task))
            return
    console.print(f"Task [bold]{task.id}[/] will make [bold]{task.model}[/] again.")
