"""Auto: greedy ensemble selection, Caruana et al., "Ensemble Selection from Libraries" (2004)."""

from shared.forecasting.ensemble import ENSEMBLE, EnsembleHyperparameters
from shared.forecasting.ensemble.portfolio import Candidate
from shared.forecasting.register import register


class AutoHyperparameters(EnsembleHyperparameters):
    pass


@register(
    title="Auto",
    title_zh="自动",
    summary_zh="在时间预算内训练多种算法，用滚动窗口回测并加权组合，说明选择了什么及原因。",
    family=ENSEMBLE,
    hyperparameters=AutoHyperparameters,
)
class Auto:
    """Fits several algorithms within a time budget and weighs them by a rolling backtest."""

    def __init__(self, hyperparameters: AutoHyperparameters) -> None:
        self.hyperparameters = hyperparameters

    def candidates(self) -> list[Candidate]:
        """Return whom to fit, those that usually count most first."""
        effort = self.hyperparameters
        rounds = {"max_epochs": effort.max_epochs, "batches_per_epoch": effort.batches_per_epoch}
        trees = {"trees": effort.trees, "rows": effort.rows}
        return [
            Candidate("seasonal_naive", 0.05, {}, learns=False),
            Candidate("croston", 0.06, {}, learns=False),
            Candidate("fracast", 0.13, {}, learns=False),
            Candidate("lstm", 0.2, rounds),
            Candidate("lightgbm", 0.3, trees),
            Candidate("kan", 0.25, rounds),
            Candidate("theta", 0.2, {}, learns=False, spare=True),
            Candidate("nhits", 0.3, rounds, spare=True),
        ]
