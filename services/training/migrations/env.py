"""Alembic's entry: the migrations of the training service."""

from services.training.tables import TrainingTable
from shared.kit import migrations

migrations.run(TrainingTable.metadata)
