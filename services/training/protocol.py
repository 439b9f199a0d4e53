"""What a worker and its runner say to each other: one JSON document per line over pipes.

The worker writes one assignment, later perhaps `stop`; it closes the pipe when it ends. The runner
tells events, then either what may be published or what went wrong.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from shared.clients.cache import LIMIT_BYTES
from shared.contracts.base import Contract
from shared.contracts.models import NewVersion
from shared.contracts.problems import Problem
from shared.contracts.tasks import Event, TrainingRequest

STOP = b"stop\n"
LONGEST_LINE = 16 << 20


class Assignment(Contract):
    """What a runner shall do, and where it finds things."""

    task_id: UUID
    request: TrainingRequest
    registry_url: str
    cache: str = Field(description="Folder of downloads, shared by all processes on this host.")
    cache_bytes: int = Field(default=LIMIT_BYTES, description="How much of it may be kept.")
    folder: str = Field(description="Folder for this attempt alone; the worker removes it.")


class Told(Contract):
    """An event for those who watch."""

    type: Literal["event"] = "event"
    event: Event


class Trained(Contract):
    """A model whose files are in the registry; the worker decides whether it is published."""

    type: Literal["trained"] = "trained"
    version: NewVersion


class Failed(Contract):
    """Why there is no model."""

    type: Literal["failed"] = "failed"
    problem: Problem


Said = Annotated[Told | Trained | Failed, Field(discriminator="type")]
SAID: TypeAdapter[Said] = TypeAdapter(Said)
