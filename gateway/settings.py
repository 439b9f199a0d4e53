"""What the gateway may be told from outside."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from shared.kit.settings import Settings

GIB = 1 << 30
WEB = Path(__file__).parents[1] / "web" / "dist"


def _split(value: object) -> object:
    if isinstance(value, str):
        return [part for part in value.replace(",", " ").split() if part]
    return value


Names = Annotated[list[str], NoDecode, BeforeValidator(_split)]


class GatewaySettings(Settings):
    """The gateway's settings, `SHELFCAST_…` in the environment."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    web: Path = Field(default=WEB, description="The built web app.")
    allowed_hosts: Names = Field(
        default=[], description="Host names that people reach this by; `*` for any."
    )
    allowed_origins: Names = Field(
        default=[], description="Other origins whose pages may use the API, as http://host:port."
    )
    max_request_bytes: int = Field(
        default=16 * GIB, ge=1, description="A larger body is refused before any service sees it."
    )
    upstream_connections: int = Field(
        default=128, ge=1, description="Connections to one service; more requests wait for one."
    )
    upstream_wait_s: float = Field(
        default=600.0, gt=0, description="How long a service may be silent before a 504."
    )
