"""Errors that a caller may see: each carries its status and names the field that is wrong."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from shared.contracts.problems import FieldError, Problem

PROBLEM_JSON = "application/problem+json"


class AppError(Exception):
    """An error with a status, words for the caller, and the fields it is about."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: ClassVar[dict[str, str]] = {}

    def __init__(
        self, detail: str, *, field: str | None = None, errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        if field is not None:
            self.errors.append(FieldError(pointer=field, detail=detail))

    def problem(self, request_id: str | None = None) -> Problem:
        """Return the problem details that a client reads."""
        return Problem(
            title=self.status.phrase,
            status=self.status,
            detail=self.detail,
            request_id=request_id,
            errors=self.errors,
        )


class NotFound(AppError):
    """What the caller named does not exist (any more)."""

    status = HTTPStatus.NOT_FOUND


class Conflict(AppError):
    """The request is right, but not in the present state."""

    status = HTTPStatus.CONFLICT


class Invalid(AppError):
    """A field has a value that cannot be used."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooLarge(AppError):
    """The body or the request is larger than this deployment allows."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unavailable(AppError):
    """Something that this service stands on does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}


class InsufficientStorage(AppError):
    """The disk is full; nothing was stored."""

    status = HTTPStatus.INSUFFICIENT_STORAGE


def problems(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Declare errors of a route for the OpenAPI document."""
    return {
        int(kind.status): {
            "description": (kind.__doc__ or "").partition("\n")[0],
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for kind in kinds
    }
