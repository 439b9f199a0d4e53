"""Alembic's entry: the migrations of the prediction service."""

from services.prediction.tables import PredictionTable
from shared.kit import migrations

migrations.run(PredictionTable.metadata)
