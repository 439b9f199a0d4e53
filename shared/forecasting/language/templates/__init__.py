"""The words before the numbers: TOML files that a user can edit, one per language."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from shared.forecasting.errors import Invalid

VARIABLE = "SHELFCAST_QWEN_TEMPLATES"
LANGUAGES = ("en", "zh")
PARTS = {
    "kind": ("retail", "weather", "electricity", "traffic", "general"),
    "frequency": ("minutes", "hours", "days", "business", "weeks", "months"),
    "line": ("season", "start", "covariate", "note", "numbers", "forecast", "correction"),
}
Words = dict[str, Any]


def words(language: str) -> Words:
    """Return the words of a language, from the folder that the variable names, if it does.

    Raises:
        Invalid: the file is missing, is not TOML, or lacks a text.
    """
    named = os.environ.get(VARIABLE, "").strip()
    path = (Path(named) if named else Path(__file__).parent) / f"{language}.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"The words in {path.name} cannot be read: {error}") from error
    for part, names in PARTS.items():
        for name in names:
            if not isinstance(found.get(part, {}).get(name), str):
                raise Invalid(f"{path.name} lacks the text [{part}] {name}.")
    if len(found.get("weekday", {}).get("names", [])) != 7:
        raise Invalid(f"{path.name} must name seven weekdays.")
    return found
