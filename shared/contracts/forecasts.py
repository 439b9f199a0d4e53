"""Forecasts: what to forecast, and what a model says about the horizon."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, FiniteFloat

from shared.contracts.base import Contract, Keys, Metrics, Moment, Reply, said_once
from shared.contracts.datasets import Point

ALIAS = r"^[a-z][a-z0-9_-]{0,39}$"
Fill = Literal["last", "zero", "mean"]
Unit = Literal["day", "week", "month"]
Version = Annotated[
    Annotated[int, Field(ge=1, le=2**31 - 1)] | Annotated[str, Field(pattern=ALIAS)],
    said_once("Give a version's number, or an alias: `best`, `latest` or one of your own."),
]
Start = Annotated[
    date | datetime | None,
    said_once("Give a date such as 2026-01-31, or a time such as 2026-01-31T08:00:00."),
]
Cell = Annotated[
    str | int | float | bool | None,
    said_once("Give a text, a finite number, true, false or null."),
]


class ForecastRequest(Contract):
    """A forecast to make now.

    A `start` in the past gives the forecast as it would have been made then, with the actual
    values beside it. Known covariates of the horizon come from the dataset, then from `future`,
    then from the policy in `fill`; what is missing after that is refused, gap by gap.
    """

    model: str = Field(min_length=1, max_length=200)
    version: Version = "best"
    dataset_id: UUID | None = Field(
        default=None,
        description="Recent values; the newest version of the model's dataset if absent.",
    )
    series: list[Keys] | None = Field(
        default=None, max_length=1000, description="All series of the model's scope if absent."
    )
    horizon: int | None = Field(default=None, ge=1, le=1000, description="The model's if absent.")
    start: Start = Field(default=None, description="First date to forecast.")
    future: list[dict[str, Cell]] = Field(
        default=[],
        max_length=100_000,
        description="Known covariates: id columns, `date`, and a value per covariate.",
    )
    fill: dict[str, Fill] = {}
    quantiles: list[float] = Field(
        default=[0.025, 0.1, 0.5, 0.9, 0.975], min_length=1, max_length=99
    )
    paths: int = Field(default=100, ge=1, le=2000, description="Sample paths per series.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    history: int = Field(default=112, ge=0, le=10_000, description="Past steps to return.")
    note: str = Field(
        default="",
        max_length=500,
        description="What is known besides the numbers; only language models read it.",
    )


class ForecastPoint(Reply):
    """What the model says about one step."""

    date: Moment
    mean: FiniteFloat
    quantiles: dict[str, FiniteFloat]


class Total(Reply):
    """The sum over the horizon; its interval comes from the paths."""

    mean: FiniteFloat
    quantiles: dict[str, FiniteFloat]
    actual: FiniteFloat | None = None


class PeriodTotal(Total):
    """The sum over the steps of the horizon that lie in one day, week or month."""

    begin: Moment = Field(description="The first day of the day, week (Monday) or month.")
    steps: int = Field(description="Steps of the horizon in it.")
    full: int = Field(description="Steps that the whole of it has.")


class Mark(Reply):
    """Days in a row that explain sales: a public holiday, or a known column that says yes."""

    first: Moment
    last: Moment
    title: str
    title_zh: str
    column: str | None = Field(
        default=None, description="The known covariate that says so; none for a public holiday."
    )


class Text(Reply):
    """What a language model was told about a series, and what it wrote on its first path."""

    told: str
    wrote: str
    lowest: FiniteFloat | None = None  # what the lowest number among those told stands for
    step: FiniteFloat | None = None  # what one more adds to it
    factors: list[FiniteFloat] | None = Field(
        default=None, description="Of a correction: what it multiplied each step by."
    )
    left_out: int = Field(
        default=0, description="Older values that the language model could not read any more."
    )
    unknown: list[str] = Field(
        default=[], description="Words that the language model does not know and reads all alike."
    )


class SeriesForecast(Reply):
    """History and forecast of one series, with the actual values where they are known."""

    keys: Keys
    history: list[Point]
    forecast: list[ForecastPoint]
    actuals: list[Point] | None = None
    total: Total
    totals: dict[Unit, list[PeriodTotal]] = Field(
        default={}, description="Sums over days, weeks and months where these are coarser."
    )
    marks: list[Mark] = []
    analysis: Metrics = Field(
        default={}, description="Errors where actuals are known; change against the last horizon."
    )
    text: Text | None = Field(
        default=None, description="Of a language model: what this forecast was read from."
    )


class ForecastSummary(Reply):
    """A line in the history of forecasts."""

    id: UUID
    model: str
    version: int
    algorithm: str
    dataset_id: UUID
    dataset_name: str
    frequency: str
    horizon: int
    start: Moment
    series_count: int
    first_series: Keys
    seconds: FiniteFloat
    size_bytes: int
    created_at: Moment


class Forecast(ForecastSummary):
    """A whole forecast, as it was made."""

    target: str
    request: ForecastRequest
    series: list[SeriesForecast]
