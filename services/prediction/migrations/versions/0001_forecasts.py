"""The history of forecasts.

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

SCHEMA = "prediction"
INDEXED = ("model", "dataset_id", "digest", "created_at")


def upgrade() -> None:
    op.create_table(
        "forecasts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("dataset_name", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("start", UtcDateTime(timezone=True), nullable=False),
        sa.Column("series_count", sa.Integer(), nullable=False),
        sa.Column("first_series", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forecasts"),
        schema=SCHEMA,
    )
    for column in INDEXED:
        op.create_index(f"ix_forecasts_{column}", "forecasts", [column], schema=SCHEMA)


def downgrade() -> None:
    for column in INDEXED:
        op.drop_index(f"ix_forecasts_{column}", "forecasts", schema=SCHEMA)
    op.drop_table("forecasts", schema=SCHEMA)
