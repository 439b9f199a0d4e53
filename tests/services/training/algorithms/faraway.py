"""An algorithm for tests that no machine can run."""

from shared.forecasting.hyperparameters import Hyperparameters
from shared.forecasting.register import register
from shared.forecasting.statistical import STATISTICAL


@register(
    title="Far away",
    title_zh="遥远",
    summary_zh="测试用。",
    family=STATISTICAL,
    hyperparameters=Hyperparameters,
    missing=lambda: "it needs a quantum computer.",
)
class FarAway:
    """Needs what nobody has."""
