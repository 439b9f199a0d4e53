"""Follow a task to its end: a bar with loss and time left, or one line per epoch in a log."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

from cli.api import Api
from cli.console import console, is_interactive
from cli.tables import text
from shared.contracts.problems import Problem
from shared.contracts.tasks import (
    FINAL,
    EpochEvent,
    Event,
    LogEvent,
    StatusEvent,
    Task,
    TaskStatus,
)
from shared.kit.errors import AppError, Conflict


class View(Protocol):
    """Where the news of a task appear."""

    def status(self, status: TaskStatus, progress: float) -> None: ...
    def epoch(self, epoch: EpochEvent) -> None: ...
    def line(self, words: str) -> None: ...


class BarView:
    """A moving bar; log lines scroll above it."""

    def __init__(self, bar: Progress, title: str) -> None:
        self._bar = bar
        self._row = bar.add_task(escape(title), total=1.0, news="waiting for a worker")

    def status(self, status: TaskStatus, progress: float) -> None:
        waiting = {
            TaskStatus.queued: "waiting for a worker",
            TaskStatus.running: "reading the data",
        }
        if status in FINAL:
            done = 1.0 if status is TaskStatus.succeeded else progress
            self._bar.update(self._row, completed=done, news=str(status))
        else:
            self._bar.update(self._row, completed=progress, news=waiting[status])

    def epoch(self, epoch: EpochEvent) -> None:
        self._bar.update(self._row, completed=epoch.progress, news=_news(epoch))

    def line(self, words: str) -> None:
        self._bar.console.print(escape(words), style="dim")


class LineView:
    """One line per piece of news, for logs and pipes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def status(self, status: TaskStatus, progress: float) -> None:
        self._say(str(status))

    def epoch(self, epoch: EpochEvent) -> None:
        self._say(f"{epoch.progress:4.0%}  {_news(epoch)}")

    def line(self, words: str) -> None:
        self._say(words)


def bar() -> Progress:
    """Return the bar that every long command shows."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.fields[news]}", style="cyan"),
        console=console,
    )


async def follow(api: Api, task: Task) -> Task:
    """Show a task until it has ended and return it as it ended.

    Raises:
        NotFound: there is no such task any more.
        AppError: it failed or was cancelled; the error says why.
    """
    if is_interactive():
        with bar() as progress:
            await _watch(api, task.id, BarView(progress, task.model))
    else:
        await _watch(api, task.id, LineView(_say))
    ended = await api.task(task.id)
    if ended.status is not TaskStatus.succeeded:
        raise why(ended)
    return ended


def _say(words: str) -> None:
    console.print(words, markup=False, highlight=False, soft_wrap=True)


async def _watch(api: Api, task_id: UUID, view: View) -> None:
    async for event in api.events(task_id):
        _show(event, view)


def _show(event: Event, view: View) -> None:
    if isinstance(event, StatusEvent):
        view.status(event.status, event.progress)
    elif isinstance(event, EpochEvent):
        view.epoch(event)
    elif isinstance(event, LogEvent):
        view.line(event.message)


def why(task: Task) -> AppError:
    """Return the reason why a task has no model."""
    if task.error is not None:
        return _Failed(task.error)
    return Conflict(f"The task {task.id} was {task.status}: it left no model.")


class _Failed(AppError):
    """What a task's own error said."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail, errors=problem.errors)


def _news(epoch: EpochEvent) -> str:
    parts = [f"epoch {epoch.number}/{epoch.total}"]
    if epoch.train_loss is not None:
        parts.append(f"loss {text(epoch.train_loss)}")
    if epoch.validation_loss is not None:
        parts.append(f"validation {text(epoch.validation_loss)}")
    if epoch.eta_seconds is not None:
        parts.append(f"{duration(epoch.eta_seconds)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Write a time span for people."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{minutes} min {rest} s" if hours == 0 else f"{hours} h {minutes} min"
