"""What a person at a terminal reads: one clear line per error, never a traceback."""

import os

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from shared.contracts.problems import FieldError
from shared.kit.errors import AppError, Invalid

console = Console()
stderr = Console(stderr=True)


def say_error(error: Exception) -> None:
    """Print what went wrong, and which field it is about."""
    stderr.print(f"[bold red]Error:[/] {escape(_sentence(error))}", soft_wrap=True)
    for field in fields_of(error):
        name = field.pointer.strip("/").replace("/", ".") or "request"
        stderr.print(f"  [yellow]{escape(name)}[/]: {escape(field.detail)}", soft_wrap=True)


def fields_of(error: Exception) -> list[FieldError]:
    """Return the fields that an error names."""
    return error.errors if isinstance(error, AppError) else []


def _sentence(error: Exception) -> str:
    if isinstance(error, AppError):
        return error.detail
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return str(error) or type(error).__name__


def refused(error: ValidationError) -> Invalid:
    """Say in our words what is wrong with values that were typed."""
    errors = [
        FieldError(pointer="/" + "/".join(map(str, e["loc"])), detail=e["msg"])
        for e in error.errors()
    ]
    return Invalid("The command cannot be sent as it is.", errors=errors)


def is_interactive() -> bool:
    """Say whether a moving progress bar makes sense here."""
    return console.is_terminal and os.environ.get("TERM") != "dumb"
