"""Alembic's entry to the registry's migrations."""

from services.registry.tables import METADATA
from shared.kit import migrations

migrations.run(METADATA)
