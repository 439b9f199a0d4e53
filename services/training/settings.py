"""Settings of the training service and its worker."""

import os

from pydantic import Field

from shared.kit.settings import Settings


class TrainingSettings(Settings):
    """What the training service may be told from outside."""

    training_host: str = "127.0.0.1"
    training_port: int = Field(default=8002, ge=0, le=65_535)
    training_slots: int = Field(
        default=1, ge=1, le=64, description="Tasks that one worker runs at the same time."
    )
    training_threads: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="CPU threads of one runner; the CPUs divided among the slots if absent.",
    )
    training_warm: bool = Field(
        default=True, description="Keep one runner waiting with torch loaded: 2-3 s less to wait."
    )

    @property
    def runner_threads(self) -> int:
        """Return how many CPU threads one runner may use."""
        return self.training_threads or max(1, (os.cpu_count() or 1) // self.training_slots)
