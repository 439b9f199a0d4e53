"""Background work: a task, what it may become, and the events it tells."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, FiniteFloat, TypeAdapter

from shared.contracts.base import Contract, Metrics, Moment, Reply
from shared.contracts.problems import Problem


class TaskStatus(StrEnum):
    """Where a task stands; `MAY_BECOME` says where it can go."""

    queued = "queued"
    running = "running"
    succeeded = "succeeded"
    failed = "failed"
    cancelled = "cancelled"


MAY_BECOME: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.queued: frozenset({TaskStatus.running, TaskStatus.failed, TaskStatus.cancelled}),
    TaskStatus.running: frozenset(
        # back to queued: the worker was lost and another one takes the task again
        {TaskStatus.queued, TaskStatus.succeeded, TaskStatus.failed, TaskStatus.cancelled}
    ),
    TaskStatus.succeeded: frozenset(),
    TaskStatus.failed: frozenset(),
    TaskStatus.cancelled: frozenset(),
}
FINAL = frozenset(status for status, after in MAY_BECOME.items() if not after)


class Scope(Contract):
    """Which series a model learns: a level, and for a narrow one the ids that choose.

    `product` P001 is that product in all shops; `total` sums them to one series first. `product`
    or `store` with `total` and no id is every product or store, each summed to a series.
    """

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, str]

    level: Literal["product", "store", "series", "global"] = "global"
    total: bool = Field(default=False, description="Sum the chosen series first.")

    @property
    def keys(self) -> dict[str, str]:
        """Return the id columns and values that choose the series."""
        return dict(self.__pydantic_extra__ or {})


class VersionRef(Contract):
    """One version of a model."""

    model: str = Field(min_length=1, max_length=200)
    version: int = Field(ge=1)


class TrainingRequest(Contract):
    """Train one algorithm on (a part of) one dataset."""

    dataset_id: UUID
    algorithm: str
    scope: Scope = Scope()
    horizon: int = Field(default=28, ge=1, le=1000, description="Steps to forecast.")
    context_length: int | None = Field(
        default=None, ge=1, le=10_000, description="Steps the model sees; chosen if absent."
    )
    hyperparameters: dict[str, Any] = {}
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    validation_steps: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Steps before the test that check the learning, at least the horizon; "
        "chosen if absent.",
    )
    test_steps: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Steps at the end that nothing is learned from; the metrics `test_…` are of "
        "them. At least the horizon, or 0.",
    )

    holidays: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}(-[A-Z0-9]{1,5})?$",
        description="Country whose public holidays the model learns from and looks ahead to, such "
        "as CN, US or DE-BY.",
    )
    backtest_windows: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Forecast from so many points in the past and report how good that was; 0 "
        "reports on the validation windows.",
    )
    refit_every: int = Field(
        default=0,
        ge=0,
        le=100,
        description="In the backtest, learn anew before every so many windows; 0 learns once.",
    )
    pace_of: VersionRef | None = Field(
        default=None,
        description="Go by the times that the training of this version noted instead of by the "
        "clock, so that a model that hangs on time (`auto`, `seconds`) is made again to the byte.",
    )


class TaskResult(Reply):
    """What a training left in the registry."""

    model: str
    version: int
    metrics: Metrics


class Task(Reply):
    """Work done in the background."""

    id: UUID
    kind: Literal["training", "forecast", "comparison"]
    status: TaskStatus
    progress: FiniteFloat = Field(ge=0, le=1)
    request: TrainingRequest
    model: str = Field(description="The name that the trained model gets.")
    result: TaskResult | None = None
    error: Problem | None = None
    attempt: int = Field(default=0, description="How often a worker has taken it.")
    created_at: Moment
    started_at: Moment | None = None
    finished_at: Moment | None = None


class TaskEvent(Reply):
    """What every event has: its place in the stream (given when it is stored) and its time."""

    id: str = ""
    at: Moment = Field(default_factory=lambda: datetime.now(UTC))


class StatusEvent(TaskEvent):
    """The task changed its status."""

    type: Literal["status"] = "status"
    status: TaskStatus
    progress: FiniteFloat = 0.0
    attempt: int = Field(default=0, description="A new attempt begins again at the first epoch.")
    result: TaskResult | None = None
    error: Problem | None = None


class EpochEvent(TaskEvent):
    """One epoch is done; a loss is `null` where the algorithm has none."""

    type: Literal["epoch"] = "epoch"
    number: int
    total: int
    train_loss: FiniteFloat | None
    validation_loss: FiniteFloat | None
    best: bool = False
    progress: FiniteFloat
    seconds: FiniteFloat = Field(description="How long the epoch took.")
    eta_seconds: FiniteFloat | None = None


class LogEvent(TaskEvent):
    """A line for the person who watches."""

    type: Literal["log"] = "log"
    level: Literal["info", "warning", "error"] = "info"
    message: str


class MetricEvent(TaskEvent):
    """Figures of the trained model on its validation windows."""

    type: Literal["metric"] = "metric"
    metrics: Metrics


Event = Annotated[StatusEvent | EpochEvent | LogEvent | MetricEvent, Field(discriminator="type")]
ANY_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Algorithm(Reply):
    """A recipe that can be trained, and the JSON schema that draws its form."""

    name: str
    title: str
    title_zh: str
    summary: str
    summary_zh: str
    family: str
    available: bool
    reason: str | None = Field(default=None, description="Why it is not available here.")
    hyperparameters: dict[str, Any] = Field(description="JSON schema of flat parameters.")
