"""The tables of the prediction service."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import JSON, MetaData
from sqlmodel import Field

from shared.kit.database import Table, UtcDateTime, metadata

SCHEMA = "prediction"


class PredictionTable(Table):
    """The base of this service's tables."""

    metadata: ClassVar[MetaData] = metadata(SCHEMA)


class ForecastRow(PredictionTable, table=True):
    """One forecast in the history; what it says lies in the blob named by `digest`."""

    __tablename__ = "forecasts"

    id: UUID = Field(primary_key=True)
    model: str = Field(index=True)
    version: int
    algorithm: str
    dataset_id: UUID = Field(index=True)  # lives in the registry, so no foreign key
    dataset_name: str
    frequency: str
    horizon: int
    start: datetime = Field(sa_type=UtcDateTime)
    series_count: int
    first_series: dict[str, str] = Field(sa_type=JSON)
    seconds: float
    size_bytes: int
    digest: str = Field(max_length=64, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
