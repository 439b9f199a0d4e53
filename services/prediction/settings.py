"""Settings of the prediction service."""

from pydantic import Field

from shared.kit.settings import Settings

MB = 1 << 20


class PredictionSettings(Settings):
    """What the prediction service may be told from outside."""

    prediction_host: str = "127.0.0.1"
    prediction_port: int = Field(default=8003, ge=0, le=65_535)
    prediction_model_cache_mb: int = Field(
        default=1024, ge=0, description="Memory for loaded models; the least used go first."
    )
    prediction_panel_cache_mb: int = Field(
        default=2048, ge=0, description="Memory for recent values; the least used go first."
    )
    prediction_threads: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Forecasts made at the same time; one on a GPU, up to two on a CPU if absent.",
    )
    prediction_torch_threads: int = Field(
        default=1, ge=1, le=256, description="CPU threads that one forecast may use."
    )
    prediction_queue: int = Field(
        default=64, ge=1, description="Forecasts running and waiting; more are answered 429."
    )
    prediction_deadline_s: float = Field(
        default=60.0, gt=0, description="An answer that takes longer is given up with a 504."
    )
    prediction_max_series: int = Field(
        default=1000, ge=1, description="Series in one forecast; more are answered 413."
    )
    prediction_max_draws: int = Field(
        default=10_000_000, ge=1, description="Series x paths x steps in one forecast."
    )
    prediction_max_points: int = Field(
        default=1_000_000, ge=1, description="Numbers in one answer; more are answered 413."
    )
