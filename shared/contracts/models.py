"""Models: trained things with names, immutable versions, aliases and lineage."""

from typing import Any
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Contract, Digest, Metrics, Moment, Reply
from shared.contracts.datasets import Split
from shared.contracts.tasks import Scope


class Lineage(Reply):
    """Where a version comes from: enough to make it again."""

    task_id: UUID
    dataset_id: UUID
    dataset_name: str
    dataset_version: int
    dataset_digest: Digest
    code_version: str
    seed: int
    split: Split | None = Field(
        default=None, description="What was learned from, validated and tested on."
    )
    dataset_deleted: bool = Field(default=False, description="The dataset is gone since.")


class ArtifactFile(Reply):
    """One file of a version, found by its digest."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    digest: Digest
    size_bytes: int = Field(ge=0)


class NewVersion(Contract):
    """What a runner publishes. The same `lineage.task_id` never makes a second version."""

    algorithm: str
    scope: Scope
    horizon: int
    context_length: int
    hyperparameters: dict[str, Any]
    frequency: str
    metrics: Metrics
    lineage: Lineage
    files: list[ArtifactFile]


class ModelVersion(Reply):
    """One immutable version of a model."""

    model: str
    version: int
    algorithm: str
    scope: Scope
    horizon: int
    context_length: int
    hyperparameters: dict[str, Any]
    frequency: str
    metrics: Metrics
    lineage: Lineage
    files: list[ArtifactFile]
    size_bytes: int
    aliases: list[str] = []
    created_at: Moment


class Model(Reply):
    """A trained model: its newest and best version, and how many there are."""

    name: str
    algorithm: str
    scope: Scope
    dataset_name: str
    version_count: int
    aliases: dict[str, int] = Field(
        description="Alias → version: latest, best, and those that people gave. `best` has the "
        "lowest wql of the versions with the newest one's horizon; where they were measured on "
        "different data, the highest skill against seasonal naive."
    )
    latest: ModelVersion
    created_at: Moment
    updated_at: Moment


class AliasTarget(Contract):
    """Where an alias points. `best` without a version goes by the errors again."""

    version: int | None = Field(default=None, ge=1)
