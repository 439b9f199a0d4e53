"""Do these hyper-parameters fit an algorithm's schema? Each finding in words, at its field."""

import difflib
import math
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from shared.contracts.problems import FieldError
from shared.contracts.tasks import Algorithm
from shared.kit.app import pointer

JSON = dict[str, Any]


def nearest(name: str, names: list[str]) -> str:
    """Name the word that was meant, or all words where none is close."""
    close = difflib.get_close_matches(name[:80], names, n=1, cutoff=0.5)
    known = ", ".join(names) or "none"
    return f" Did you mean {close[0]!r}?" if close else f" Known: {known}."


def wrong_hyperparameters(algorithm: Algorithm, values: dict[str, Any]) -> list[FieldError]:
    """Return what the algorithm's schema has against these values."""
    schema = algorithm.hyperparameters
    properties: dict[str, Any] = schema.get("properties", {})
    errors = []
    known = dict(values)
    for name, value in values.items():
        if name not in properties:
            detail = f"{algorithm.title} has no {name[:80]!r}.{nearest(name, list(properties))}"
        elif isinstance(value, float) and not math.isfinite(value):
            detail = f"{_title(properties, name)} must be a finite number."
        else:
            continue
        errors.append(FieldError(pointer=pointer(("hyperparameters", name)), detail=detail))
        del known[name]
    for error in Draft202012Validator(schema).iter_errors(known):
        errors.append(_field_error(error, properties))
    return errors


def _field_error(error: ValidationError, properties: dict[str, Any]) -> FieldError:
    path = tuple(error.absolute_path)
    if not path and error.validator == "required":
        needed: list[str] = list(cast("list[str]", error.validator_value))
        missing = next((n for n in needed if n not in cast("JSON", error.instance)), "")
        return FieldError(
            pointer=pointer(("hyperparameters", missing)),
            detail=f"{_title(properties, missing)} is needed.",
        )
    name = str(path[0]) if path else ""
    return FieldError(
        pointer=pointer(("hyperparameters", *path)),
        detail=f"{_title(properties, name)} {_bound(error)}; it is {_shown(error.instance)}.",
    )


_BOUNDS = {
    "minimum": "must be at least",
    "maximum": "must be at most",
    "exclusiveMinimum": "must be greater than",
    "exclusiveMaximum": "must be less than",
    "multipleOf": "must be a multiple of",
    "minLength": "must have this many characters or more:",
    "maxLength": "must have this many characters or fewer:",
}
_TYPES = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def _bound(error: ValidationError) -> str:
    value: Any = error.validator_value
    if error.validator == "enum":
        return f"must be one of {', '.join(map(str, value))}"
    if error.validator == "type":
        return f"must be {_TYPES.get(str(value), f'of type {value}')}"
    if error.validator in _BOUNDS:
        return f"{_BOUNDS[error.validator]} {value}"
    return f"does not fit ({error.validator}: {_shown(value)})"


def _title(properties: dict[str, Any], name: str) -> str:
    return str(properties.get(name, {}).get("title", name))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
