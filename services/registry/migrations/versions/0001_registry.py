"""Datasets, models, versions, files, aliases and blobs.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from shared.kit.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "registry"


def upgrade() -> None:
    op.create_table(
        "blobs",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("promises", sa.Integer(), nullable=False),
        sa.Column("promised_until", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blobs")),
        schema=SCHEMA,
    )
    op.create_table(
        "datasets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("index_digest", sa.String(length=64), nullable=False),
        sa.Column("source_digest", sa.String(length=64), nullable=True),
        sa.Column("source_name", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("known", sa.JSON(), nullable=False),
        sa.Column("past", sa.JSON(), nullable=False),
        sa.Column("static", sa.JSON(), nullable=False),
        sa.Column("gaps", sa.String(), nullable=False),
        sa.Column("series_count", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("start", UtcDateTime(timezone=True), nullable=False),
        sa.Column("end", UtcDateTime(timezone=True), nullable=False),
        sa.Column("future_end", UtcDateTime(timezone=True), nullable=False),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_datasets_name_version")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_datasets_created_at"), "datasets", ["created_at"], unique=False, schema=SCHEMA
    )
    op.create_index(op.f("ix_datasets_digest"), "datasets", ["digest"], unique=False, schema=SCHEMA)
    op.create_index(
        op.f("ix_datasets_index_digest"), "datasets", ["index_digest"], unique=False, schema=SCHEMA
    )
    op.create_index(op.f("ix_datasets_name"), "datasets", ["name"], unique=False, schema=SCHEMA)
    op.create_index(
        op.f("ix_datasets_source_digest"),
        "datasets",
        ["source_digest"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "models",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", name=op.f("uq_models_name")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_models_updated_at"), "models", ["updated_at"], unique=False, schema=SCHEMA
    )
    op.create_table(
        "numbers",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_numbers")),
        schema=SCHEMA,
    )
    op.create_table(
        "aliases",
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["registry.models.name"], name=op.f("fk_aliases_model")),
        sa.PrimaryKeyConstraint("model", "alias", name=op.f("pk_aliases")),
        schema=SCHEMA,
    )
    op.create_table(
        "versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("context_length", sa.Integer(), nullable=False),
        sa.Column("hyperparameters", sa.JSON(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("lineage", sa.JSON(), nullable=False),
        sa.Column("wql", sa.Float(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model"], ["registry.models.name"], name=op.f("fk_versions_model")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sa.UniqueConstraint("model", "version", name=op.f("uq_versions_model_version")),
        sa.UniqueConstraint("task_id", name=op.f("uq_versions_task_id")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_versions_created_at"), "versions", ["created_at"], unique=False, schema=SCHEMA
    )
    op.create_index(
        op.f("ix_versions_dataset_id"), "versions", ["dataset_id"], unique=False, schema=SCHEMA
    )
    op.create_index(op.f("ix_versions_model"), "versions", ["model"], unique=False, schema=SCHEMA)
    op.create_table(
        "version_files",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["registry.versions.id"], name=op.f("fk_version_files_version_id")
        ),
        sa.PrimaryKeyConstraint("version_id", "name", name=op.f("pk_version_files")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_version_files_digest"), "version_files", ["digest"], unique=False, schema=SCHEMA
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_version_files_digest"), table_name="version_files", schema=SCHEMA)
    op.drop_table("version_files", schema=SCHEMA)
    op.drop_index(op.f("ix_versions_model"), table_name="versions", schema=SCHEMA)
    op.drop_index(op.f("ix_versions_dataset_id"), table_name="versions", schema=SCHEMA)
    op.drop_index(op.f("ix_versions_created_at"), table_name="versions", schema=SCHEMA)
    op.drop_table("versions", schema=SCHEMA)
    op.drop_table("aliases", schema=SCHEMA)
    op.drop_table("numbers", schema=SCHEMA)
    op.drop_index(op.f("ix_models_updated_at"), table_name="models", schema=SCHEMA)
    op.drop_table("models", schema=SCHEMA)
    op.drop_index(op.f("ix_datasets_source_digest"), table_name="datasets", schema=SCHEMA)
    op.drop_index(op.f("ix_datasets_name"), table_name="datasets", schema=SCHEMA)
    op.drop_index(op.f("ix_datasets_index_digest"), table_name="datasets", schema=SCHEMA)
    op.drop_index(op.f("ix_datasets_digest"), table_name="datasets", schema=SCHEMA)
    op.drop_index(op.f("ix_datasets_created_at"), table_name="datasets", schema=SCHEMA)
    op.drop_table("datasets", schema=SCHEMA)
    op.drop_table("blobs", schema=SCHEMA)
