"""Where a version of a dataset comes from.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("parent_id", sa.Uuid(), nullable=True), schema=_schema())


def downgrade() -> None:
    op.drop_column("datasets", "parent_id", schema=_schema())


def _schema() -> str | None:
    """Return the schema; SQLite has none, and ALTER TABLE is not translated."""
    return "registry" if op.get_bind().dialect.name == "postgresql" else None
