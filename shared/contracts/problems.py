"""Errors on the wire: RFC 9457 problem details with a pointer to each wrong field."""

from shared.contracts.base import Reply


class FieldError(Reply):
    """What is wrong with one field, and where it is (a JSON pointer into the request)."""

    pointer: str
    detail: str


class Problem(Reply):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldError] = []
