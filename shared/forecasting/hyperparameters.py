"""The base of every algorithm's form: flat, drawable parameters in two languages."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.forecasting.errors import Invalid


class Hyperparameters(BaseModel):
    """Flat parameters: int, float, bool, str or a choice, each with a default and its words."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def parameter(
    default: Any, *, title: str, title_zh: str, text: str, text_zh: str, **bounds: Any
) -> Any:
    """Describe one hyper-parameter: its default, bounds and words in English and Chinese."""
    return Field(
        default=default,
        title=title,
        description=text,
        json_schema_extra={"title_zh": title_zh, "description_zh": text_zh},
        **bounds,
    )


def checked(kind: type[Hyperparameters], values: dict[str, Any]) -> Hyperparameters:
    """Return the hyper-parameters with their defaults filled in.

    Raises:
        Invalid: a value is out of range, of the wrong type, or unknown.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = "/".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(kind.model_fields) or "none"
            detail = f"{name!r} is not a hyper-parameter of this algorithm (it has: {known})."
        else:
            detail = f"{name}: {first['msg']}, not {first['input']!r}."
        raise Invalid(detail, field=f"/hyperparameters/{name}") from error
