"""What a stored model says about itself: enough to rebuild it and to make it again."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.forecasting.pace import Noted

FORMAT = 1


class Column(BaseModel):
    """A covariate: its name, and its labels where it holds text."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    labels: tuple[str, ...] | None = None


class StoredScope(BaseModel):
    """The scope that the model was trained on."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    level: str = "global"
    keys: dict[str, str] = {}
    total: bool = False


class StoredSplit(BaseModel):
    """Training, validation and test by time, without zone: each ends with its last date."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    train_start: datetime
    train_end: datetime
    validation_end: datetime
    test_end: datetime
    train_steps: int
    validation_steps: int
    test_steps: int


LeftOutReason = Literal["no_values", "begins_late", "too_short", "ends_early"]


class LeftOut(BaseModel):
    """A series that is not learned from, or learned from but not checked, and why.

    `no_values`: it has none; `begins_late`: none before the training ends; `too_short`: too few to
    keep any for checking; `ends_early`: before a whole horizon of the validation.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    keys: dict[str, str]
    reason: LeftOutReason


class Made(BaseModel):
    """How a model was made, beyond data, hyper-parameters and seed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    steps: int | None = Field(default=None, description="Steps or trees that the best took.")
    validation_steps: int | None = Field(default=None, description="As asked for.")
    test_steps: int = 0
    backtest: dict[str, int] | None = None
    packages: dict[str, str] = Field(default={}, description="Versions of what numbers hang on.")
    python: str
    threads: int
    cores: int
    device: str
    pace: Noted | None = Field(default=None, description="None where nothing hung on time.")

    def surroundings(self) -> dict[str, Any]:
        """Return what numbers hang on beside data and options: packages, threads, device."""
        here = {"python": self.python, "threads": self.threads, "device": self.device}
        return {**self.packages, **here}


class Calibration(BaseModel):
    """How much wider each quantile must be than the network drew it, per horizon step."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    levels: tuple[float, ...] = ()
    factors: tuple[tuple[float, ...], ...] = Field(default=(), description="(horizon, level)")
    windows: int = 0


class Manifest(BaseModel):
    """The file `manifest.json`; a later format is refused by this version."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    format: int = FORMAT
    kind: Literal["shelfcast-model"] = "shelfcast-model"
    algorithm: str
    family: str
    hyperparameters: dict[str, Any]
    frequency: str
    horizon: int = Field(ge=1)
    context_length: int = Field(ge=1)
    scope: StoredScope
    ids: tuple[str, ...]
    vocabulary: dict[str, tuple[str, ...]] = Field(description="Per id column, the ids it learned.")
    known: tuple[Column, ...]
    past: tuple[Column, ...]
    static: tuple[Column, ...]
    heads: tuple[str, ...] = ()
    settings: dict[str, Any] = Field(default={}, description="What the family needs to rebuild.")
    nonnegative: bool
    calibration: Calibration
    metrics: dict[str, float | None]
    split: StoredSplit | None = Field(default=None, description="None in models of before.")
    holidays: str = Field(default="", description="Country whose holidays are a covariate.")
    series_count: int
    left_out: tuple[LeftOut, ...] = Field(default=(), description="Every series, with the reason.")
    seed: int
    code_version: str
    torch_version: str
    made: Made | None = Field(default=None, description="None in models of before.")
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lineage: dict[str, Any] = {}
