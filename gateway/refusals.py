"""Errors that only the door knows: what HTTP itself, the host or the origin of a request forbid."""

from http import HTTPStatus
from typing import ClassVar

from shared.kit.errors import AppError


class BadRequest(AppError):
    """The request contradicts itself, so that two servers could read it differently."""

    status = HTTPStatus.BAD_REQUEST


class Forbidden(AppError):
    """The request comes by a name or from a page that is not trusted here."""

    status = HTTPStatus.FORBIDDEN


class MethodNotAllowed(AppError):
    """The path exists, but not with this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, detail: str, allow: str) -> None:
        super().__init__(detail)
        self.allow = allow


class AddressTooLong(AppError):
    """The path and the query are longer than any that is used here."""

    status = HTTPStatus.REQUEST_URI_TOO_LONG


class HeadersTooLarge(AppError):
    """The headers are larger than any that are used here."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


class BadGateway(AppError):
    """A service answered something that is not HTTP."""

    status = HTTPStatus.BAD_GATEWAY


class GatewayTimeout(AppError):
    """A service took the request and stayed silent for too long."""

    status = HTTPStatus.GATEWAY_TIMEOUT
    headers: ClassVar[dict[str, str]] = {"Retry-After": "30"}
