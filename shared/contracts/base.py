"""The base of every contract, a page of a list, and numbers that survive JSON."""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")


class Contract(BaseModel):
    """A shape on the wire: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        """Refuse the letter NUL, which PostgreSQL has no text with."""
        if _has_nul(value):
            raise PydanticCustomError("nul", "A text may not hold the character NUL")
        return value


class Reply(BaseModel):
    """A shape that a client reads: fields that a newer service adds are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, from_attributes=True)


class Page(Reply, Generic[Item]):
    """One page of a list; pass `next_page_token` back as `page_token` for the next one."""

    items: list[Item]
    next_page_token: str | None = None
    total: int = Field(description="How many items the whole list has.")


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(part) for key, part in value.items())
    return isinstance(value, list | tuple) and any(map(_has_nul, value))


def said_once(message: str) -> WrapValidator:
    """Return what gives a union one error with these words, instead of one per alternative."""

    def check(value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError as error:
            raise PydanticCustomError("choice", "{message}", {"message": message}) from error

    return WrapValidator(check)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
Metrics = dict[str, FiniteFloat | None]
Keys = dict[str, str]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hexadecimal.")]
