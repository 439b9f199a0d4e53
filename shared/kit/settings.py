"""Settings that every service reads from `SHELFCAST_…` environment variables."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service may be told from outside; each service adds its own."""

    model_config = SettingsConfigDict(env_prefix="SHELFCAST_", extra="ignore")

    data: Path = Field(default=Path(".shelfcast"), description="Where everything is kept.")
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL; a SQLite file per service if absent."
    )
    redis_url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"), description="redis:// or unix://."
    )
    registry_url: str = "http://127.0.0.1:8001"
    training_url: str = "http://127.0.0.1:8002"
    prediction_url: str = "http://127.0.0.1:8003"
    download_cache_mb: int = Field(
        default=20 << 10,
        ge=0,
        description="Disk for datasets and models downloaded to this host; the least used go.",
    )
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def download_cache_bytes(self) -> int:
        """Return how many bytes of downloads may be kept."""
        return self.download_cache_mb << 20

    def folder(self, name: str) -> Path:
        """Return a folder inside the data folder, made if it is not there."""
        folder = self.data / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def database(self, service: str) -> str:
        """Return the SQLAlchemy URL of a service's database."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.folder('db').resolve() / service}.sqlite"
