"""Datasets: what was uploaded, what it became, and its series."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field, FiniteFloat

from shared.contracts.base import Contract, Digest, Keys, Moment, Reply


class Gaps(StrEnum):
    """What a date without a row means."""

    zero = "zero"
    missing = "missing"
    interpolate = "interpolate"


class Mapping(Contract):
    """Which column plays which role."""

    date: str = Field(description="The column with the dates or times.")
    target: str = Field(description="The column to forecast.")
    ids: list[str] = Field(default=[], description="Columns that together name a series.")
    known: list[str] = Field(default=[], description="Known in the future: price, promotion.")
    past: list[str] = Field(default=[], description="Known only afterwards: traffic, weather.")
    static: list[str] = Field(default=[], description="One value per series: category, size.")
    frequency: str | None = Field(default=None, description="pandas alias; guessed if absent.")
    gaps: Gaps = Gaps.zero


class Finding(Reply):
    """One thing that a check found in a dataset."""

    code: str
    severity: Literal["info", "warning", "error"]
    count: int
    detail: str
    examples: list[str] = []


class Quality(Reply):
    """What the checks found, worst first."""

    findings: list[Finding] = []
    missing_share: FiniteFloat = 0.0
    zero_share: FiniteFloat = 0.0


class Dataset(Reply):
    """One immutable version of a dataset. `digest` names its Parquet blob."""

    id: UUID
    name: str
    version: int
    digest: Digest
    kind: str = Field(default="general", description="retail, weather, electricity, traffic …")
    source: Literal["upload", "sample"] = "upload"
    frequency: str
    ids: list[str]
    date: str = "date"
    target: str
    known: list[str]
    past: list[str]
    static: list[str]
    gaps: Gaps
    series_count: int
    row_count: int
    size_bytes: int
    start: Moment
    end: Moment = Field(description="The last date with a value of the target.")
    future_end: Moment = Field(description="The last date with known covariates; ≥ end.")
    quality: Quality
    created_at: Moment


class SeriesSummary(Reply):
    """One series of a dataset and how it looks from afar."""

    keys: Keys
    start: Moment
    end: Moment
    length: int
    mean: FiniteFloat | None
    zero_share: FiniteFloat


class Point(Reply):
    """A value at a time; `null` where it is missing."""

    date: Moment
    value: FiniteFloat | None


class SeriesValues(Reply):
    """The values of one series, thinned to at most `limit` points without losing peaks."""

    keys: Keys
    frequency: str
    points: list[Point]
    thinned: bool = False


class SampleRequest(Contract):
    """A generated dataset, the same for the same request."""

    kind: Literal["pharmacy", "weather", "electricity", "traffic"] = "pharmacy"
    name: str | None = Field(default=None, min_length=1, max_length=120)
    stores: int = Field(default=10, ge=1, le=200, title="Stores or stations")
    products: int = Field(default=50, ge=1, le=1000, title="Products or meters")
    days: int = Field(default=1095, ge=60, le=3650)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
