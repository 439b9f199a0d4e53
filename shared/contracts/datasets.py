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
    closed = "closed"  # zero, but missing where no series at all has a row: the shop was closed


Layout = Literal["long", "wide", "dates"]
Severity = Literal["info", "warning", "error"]


class Reading(Contract):
    """How to read the file; what is absent is found out from the file itself."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = Field(default=None, max_length=40)
    decimal: Literal[".", ","] | None = Field(default=None, description="Decimal sign.")
    sheet: str | None = Field(default=None, max_length=200, description="Excel: which sheet.")
    header_row: int | None = Field(default=None, ge=1, le=1000, description="Row of the names.")
    date_order: Literal["year_first", "month_first", "day_first", "row_order"] | None = None


class Mapping(Contract):
    """Which column plays which role, how the file is read, and how problems are mended."""

    date: str = Field(
        description="The column with the dates or times; where they stand in several columns, the "
        "names of these with ` + ` between them, such as `year + month + day` or `date + time`. "
        "Layout `dates`: the date of the first column in `values`, where the names of the columns "
        "are only numbered; else empty."
    )
    target: str = Field(description="The column to forecast; in a wide file, the name it gets.")
    ids: list[str] = Field(default=[], description="Columns that together name a series.")
    known: list[str] = Field(default=[], description="Known in the future: price, promotion.")
    past: list[str] = Field(default=[], description="Known only afterwards: traffic, weather.")
    static: list[str] = Field(default=[], description="One value per series: category, size.")
    frequency: str | None = Field(default=None, description="pandas alias; guessed if absent.")
    gaps: Gaps = Gaps.zero
    layout: Layout = Field(
        default="long",
        description="wide: each column in `values` is a series of its own; dates: each column in "
        "`values` is a date, each row a series.",
    )
    values: list[str] = Field(default=[], description="Other than long: the columns with values.")
    series: str = Field(default="series_id", description="Wide files: the id column to make.")
    reading: Reading = Reading()
    fixes: dict[str, str] = Field(
        default={}, description="By the code of a finding, the fix that was chosen for it."
    )


class Sentence(Reply):
    """A sentence that a client can say in its own language: its name, and what fills it in."""

    key: str
    values: dict[str, int | str | list[str]] = {}


class Finding(Reply):
    """One thing that a check found in a dataset, and what can be done about it."""

    code: str
    column: str | None = Field(default=None, description="Where it was found, if in one column.")
    severity: Severity
    count: int
    detail: str
    sentences: list[Sentence] = Field(default=[], description="`detail`, to be said otherwise.")
    examples: list[str] = []
    fixes: list[str] = Field(default=[], description="What `mapping.fixes[code]` may be.")
    fix: str | None = Field(default=None, description="What was done, or would be.")


class Quality(Reply):
    """What the checks found, worst first."""

    findings: list[Finding] = []
    missing_share: FiniteFloat = 0.0
    zero_share: FiniteFloat = 0.0


class ColumnGuess(Reply):
    """A column of a file, and the role that it seems to play."""

    name: str
    type: Literal["date", "number", "text", "empty"]
    examples: list[str]
    role: Literal["date", "target", "id", "known", "past", "static", "value", "ignore"]
    confidence: FiniteFloat = Field(ge=0, le=1)
    reason: str
    sentences: list[Sentence] = Field(default=[], description="`reason`, to be said otherwise.")
    personal: bool = Field(default=False, description="It looks like personal data.")


Compression = Literal["gzip", "zip"] | None


class SourceFormat(Reply):
    """What kind of file it is, and how it is read."""

    kind: Literal["csv", "excel", "json", "parquet", "feather"]
    compression: Compression = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    sheet: str | None = None
    sheets: list[str] = []
    header_row: int | None = None


class UploadLimit(Reply):
    """How large a file may be."""

    max_bytes: int


class Preview(Reply):
    """A file before it is stored: what it is, what its columns mean, what is wrong with it."""

    format: SourceFormat
    columns: list[ColumnGuess]
    layout: Layout
    mapping: Mapping | None = Field(
        description="What `POST /upload` takes; `null` where date or target were not found."
    )
    frequency: str | None
    rows: list[dict[str, str | FiniteFloat | None]] = Field(description="The first cleaned rows.")
    findings: list[Finding]
    sampled_rows: int = Field(description="How many rows were looked at.")
    complete: bool = Field(description="Whether these are all the rows of the file.")
    rows_estimate: int | None = Field(
        default=None, description="How many rows the file has, about; `null` where it is not known."
    )


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
    mapping: Mapping | None = Field(default=None, description="How the file was understood.")
    source_name: str | None = Field(default=None, description="The name of the uploaded file.")
    source_digest: Digest | None = None
    parent_id: UUID | None = Field(default=None, description="The version it was made from.")
    created_at: Moment


DemandClass = Literal["smooth", "intermittent", "erratic", "lumpy", "none"]


class SeriesSummary(Reply):
    """One series of a dataset and how it looks from afar."""

    keys: Keys
    start: Moment
    end: Moment
    length: int
    mean: FiniteFloat | None
    zero_share: FiniteFloat
    missing_share: FiniteFloat = 0.0
    total: FiniteFloat | None = None
    trend: FiniteFloat | None = Field(default=None, description="Change per year, over the mean.")
    season_strength: FiniteFloat | None = Field(
        default=None, description="0 no season … 1 nothing but season."
    )
    demand: DemandClass = "none"


class IdValue(Reply):
    """One value of an id column, and how many series have it."""

    value: str
    series_count: int


class IdColumn(Reply):
    """An id column and its values."""

    name: str
    value_count: int
    values: list[IdValue]


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
    series_count: int = Field(default=1, description="How many series were summed.")


class Remake(Contract):
    """Make a dataset again from its file, with another mapping or other fixes."""

    mapping: Mapping


class SeriesChange(Reply):
    """A series that is not the same in two versions."""

    keys: Keys
    change: Literal["added", "removed", "extended", "changed"]
    length: int = Field(description="In this version; 0 where it was removed.")
    total: FiniteFloat | None
    previous_length: int
    previous_total: FiniteFloat | None


class Comparison(Reply):
    """How a version of a dataset differs from another one, usually the one before."""

    dataset_id: UUID
    previous_id: UUID
    added: int
    removed: int
    extended: int
    changed: int
    unchanged: int
    examples: list[SeriesChange] = Field(description="The first of them, at most 100.")
    mapping_changed: list[str] = Field(description="Which parts of the mapping differ.")


class MissingSeries(Reply):
    """Where one series has no values: the share of missing steps in each stretch of time."""

    keys: Keys
    shares: list[FiniteFloat | None] = Field(description="`null` where the series is not alive.")


class MissingMap(Reply):
    """Missing values over series and time."""

    edges: list[Moment] = Field(description="Where each stretch begins.")
    series: list[MissingSeries]
    next_page_token: str | None = None
    total: int


class Split(Reply):
    """Train, validation and test by time: each ends with its last date."""

    train_start: Moment
    train_end: Moment
    validation_end: Moment
    test_end: Moment
    train_steps: int
    validation_steps: int
    test_steps: int


class SampleRequest(Contract):
    """A generated dataset, the same for the same request."""

    kind: Literal["pharmacy", "weather", "electricity", "traffic"] = "pharmacy"
    name: str | None = Field(default=None, min_length=1, max_length=120)
    stores: int = Field(default=10, ge=1, le=200, title="Stores or stations")
    products: int = Field(default=50, ge=1, le=1000, title="Products or meters")
    days: int = Field(default=1095, ge=60, le=3650)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
