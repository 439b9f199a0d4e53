"""The registry's tables: datasets, models, versions, their files, aliases, and blobs."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, MetaData, UniqueConstraint
from sqlmodel import Field

from shared.kit import database
from shared.kit.database import UtcDateTime, now

METADATA = database.metadata("registry")


class Table(database.Table):
    """The base of the registry's tables."""

    metadata: ClassVar[MetaData] = METADATA


class BlobRow(Table, table=True):
    """A stored blob. A promise keeps it until what was uploaded for is published, or lapses."""

    __tablename__ = "blobs"

    digest: str = Field(primary_key=True, max_length=64)
    size_bytes: int = Field(sa_type=BigInteger)
    promises: int = 0
    promised_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DatasetRow(Table, table=True):
    """One immutable version of a dataset."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(index=True)
    version: int
    digest: str = Field(index=True, max_length=64)
    index_digest: str = Field(index=True, max_length=64)
    source_digest: str | None = Field(default=None, index=True, max_length=64)
    source_name: str | None = None
    kind: str
    source: str
    frequency: str
    ids: list[str] = Field(sa_type=JSON)
    target: str
    known: list[str] = Field(sa_type=JSON)
    past: list[str] = Field(sa_type=JSON)
    static: list[str] = Field(sa_type=JSON)
    gaps: str
    series_count: int
    row_count: int = Field(sa_type=BigInteger)
    size_bytes: int = Field(sa_type=BigInteger)
    start: datetime = Field(sa_type=UtcDateTime)
    end: datetime = Field(sa_type=UtcDateTime)
    future_end: datetime = Field(sa_type=UtcDateTime)
    quality: dict[str, Any] = Field(sa_type=JSON)
    mapping: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    parent_id: UUID | None = None  # the version that this one was made from
    created_at: datetime = Field(default_factory=now, index=True, sa_type=UtcDateTime)


class SourceRow(Table, table=True):
    """One of the files that a version is made of, oldest first, and how it is read."""

    __tablename__ = "dataset_sources"

    dataset_id: UUID = Field(primary_key=True, foreign_key="registry.datasets.id")
    place: int = Field(primary_key=True)
    digest: str = Field(index=True, max_length=64)
    name: str
    mapping: dict[str, Any] = Field(sa_type=JSON)
    is_panel: bool = False  # the panel of a version whose files were not kept


class NumberRow(Table, table=True):
    """The last number given out under a name, so that a deleted version's is never used again."""

    __tablename__ = "numbers"

    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    last: int


class ModelRow(Table, table=True):
    """A trained model: the name that its versions share."""

    __tablename__ = "models"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(unique=True)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, index=True, sa_type=UtcDateTime)


class VersionRow(Table, table=True):
    """One immutable version of a model. A task publishes at most one."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("model", "version"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    model: str = Field(foreign_key="registry.models.name", index=True)
    version: int
    task_id: UUID = Field(unique=True)
    dataset_id: UUID = Field(index=True)  # may be deleted by force: so no foreign key
    algorithm: str
    scope: dict[str, Any] = Field(sa_type=JSON)
    horizon: int
    context_length: int
    hyperparameters: dict[str, Any] = Field(sa_type=JSON)
    frequency: str
    metrics: dict[str, float | None] = Field(sa_type=JSON)
    lineage: dict[str, Any] = Field(sa_type=JSON)
    wql: float | None = None  # what `best` goes by on the same data: the lowest
    created_at: datetime = Field(default_factory=now, index=True, sa_type=UtcDateTime)


class FileRow(Table, table=True):
    """One file of a version."""

    __tablename__ = "version_files"

    version_id: UUID = Field(primary_key=True, foreign_key="registry.versions.id")
    name: str = Field(primary_key=True)
    digest: str = Field(index=True, max_length=64)
    size_bytes: int = Field(sa_type=BigInteger)


class AliasRow(Table, table=True):
    """A name that a person gave to a version; `best` is here only while it is pinned."""

    __tablename__ = "aliases"

    model: str = Field(primary_key=True, foreign_key="registry.models.name")
    alias: str = Field(primary_key=True)
    version: int
