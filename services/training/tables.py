"""The tables of the training service."""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid4

from sqlalchemy import JSON, MetaData, String
from sqlmodel import Field

from shared.contracts.tasks import TaskStatus
from shared.kit.database import Table, UtcDateTime, metadata, now

SCHEMA = "training"
_JSON = JSON(none_as_null=True)


class TrainingTable(Table):
    """The base of this service's tables."""

    metadata: ClassVar[MetaData] = metadata(SCHEMA)


class TaskRow(TrainingTable, table=True):
    """One task; `attempt` is the fence that keeps a late worker from writing."""

    __tablename__ = "tasks"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: Literal["training", "forecast", "comparison"] = Field(sa_type=String)
    status: TaskStatus = Field(default=TaskStatus.queued, sa_type=String, index=True)
    progress: float = 0.0
    request: dict[str, Any] = Field(sa_type=JSON)
    model: str = Field(index=True)
    dataset_name: str
    result: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    error: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    attempt: int = 0  # how often a worker has taken it
    lost: int = 0  # attempts in a row that were lost and came no further than the ones before
    furthest: float = 0.0  # the progress that lost attempts came to
    publication: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # trained, to be told
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime, index=True)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
