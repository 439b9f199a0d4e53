"""Options that several commands share, and how their values are read."""

import os
from typing import Annotated

import typer

from shared.kit.errors import Invalid


def _default_url() -> str:
    port = os.environ.get("SHELFCAST_PORT") or "8000"
    return f"http://127.0.0.1:{port}"


def _checked_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{url!r} must begin with http:// or https://")
    return url


Url = Annotated[
    str,
    typer.Option(
        envvar="SHELFCAST_URL",
        default_factory=_default_url,
        show_default="http://127.0.0.1:8000",
        callback=_checked_url,
        help="Where Shelfcast answers.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """Read `column=value` texts.

    Raises:
        Invalid: one of them is not of that form.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name or not value:
            raise Invalid(f"{option} {text!r} must look like column=value.")
        found[name.strip()] = value.strip()
    return found
