"""What the registry may be told from outside."""

from pydantic import Field

from shared.kit.settings import Settings

GIB = 1 << 30


class RegistrySettings(Settings):
    """The registry's settings, `SHELFCAST_…` in the environment."""

    registry_host: str = "127.0.0.1"
    registry_port: int = Field(default=8001, ge=1, le=65535)
    max_upload_bytes: int = Field(
        default=4 * GIB, ge=1, description="The largest file that may be uploaded."
    )
    keep_sources: bool = Field(
        default=True, description="Keep uploaded files, so that datasets can be made again."
    )
