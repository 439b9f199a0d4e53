"""The files that each version of a dataset is made of.

Revision ID: 0003
Revises: 0002
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = "registry"


def upgrade() -> None:
    op.create_table(
        "dataset_sources",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("is_panel", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            [f"{SCHEMA}.datasets.id"],
            name=op.f("fk_dataset_sources_dataset_id"),
        ),
        sa.PrimaryKeyConstraint("dataset_id", "place", name=op.f("pk_dataset_sources")),
        schema=SCHEMA,
    )
    op.create_index(op.f("ix_dataset_sources_digest"), "dataset_sources", ["digest"], schema=SCHEMA)
    _fill()


def downgrade() -> None:
    op.drop_table("dataset_sources", schema=SCHEMA)


def _fill() -> None:
    """Enter the files of the versions there are: a parent's with another file were extended."""
    columns = ("id", "source_digest", "source_name", "mapping", "parent_id", "created_at")
    bind = op.get_bind()
    schema = SCHEMA if bind.dialect.name == "postgresql" else None  # SQLite has none
    datasets: Any = sa.table(
        "datasets",
        sa.column("id", sa.Uuid()),
        sa.column("source_digest", sa.String()),
        sa.column("source_name", sa.String()),
        sa.column("mapping", sa.JSON()),
        sa.column("parent_id", sa.Uuid()),
        sa.column("created_at", sa.DateTime()),
        schema=schema,
    )
    blobs: Any = sa.table("blobs", sa.column("digest", sa.String()), schema=schema)
    sources: Any = sa.table(
        "dataset_sources",
        sa.column("dataset_id", sa.Uuid()),
        sa.column("place", sa.Integer()),
        sa.column("digest", sa.String()),
        sa.column("name", sa.String()),
        sa.column("mapping", sa.JSON()),
        sa.column("is_panel", sa.Boolean()),
        schema=schema,
    )
    kept = set(bind.execute(sa.select(blobs.c.digest)).scalars())
    query = sa.select(*(datasets.c[name] for name in columns)).order_by(datasets.c.created_at)
    parts: dict[Any, list[dict[str, Any]]] = {}
    for row in bind.execute(query).all():
        if row.source_digest not in kept or row.mapping is None:
            continue
        own = {"digest": row.source_digest, "name": row.source_name or "", "mapping": row.mapping}
        before: list[dict[str, Any]] | None = parts.get(row.parent_id) if row.parent_id else []
        if before is None:  # the parent, or its file, is gone: nobody knows what was before
            continue
        if before and before[-1]["digest"] == row.source_digest:
            before = before[:-1]
        parts[row.id] = [*before, own]
    rows = [
        {"dataset_id": dataset_id, "place": place, "is_panel": False, **part}
        for dataset_id, found in parts.items()
        for place, part in enumerate(found)
    ]
    if rows:
        op.bulk_insert(sources, rows)
