"""Auto: greedy ensemble selection, Caruana et al., "Ensemble Selection from Libraries" (2004)."""

from shared.forecasting.ensemble import ENSEMBLE, EnsembleHyperparameters
from shared.forecasting.ensemble.learner import Candidate
from shared.forecasting.register import ALGORITHMS, register


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

    def candidates(self, seconds: float) -> list[Candidate]:
        """Return whom to fit; cheap ones first, so that a short budget still has a choice."""
        effort = self.hyperparameters
        wanted = [
            Candidate("seasonal_naive", 0.05, {}),
            Candidate("fracast", 0.3, {}),
            Candidate(
                "lightgbm",
                0.45,
                {"trees": effort.trees, "rows": effort.rows, "seconds": max(1, int(0.4 * seconds))},
            ),
            Candidate(
                "nhits",
                0.3,
                {
                    "max_epochs": effort.max_epochs,
                    "batches_per_epoch": effort.batches_per_epoch,
                    "seconds": max(1, int(0.3 * seconds)),
                },
            ),
        ]
        return [candidate for candidate in wanted if candidate.name in ALGORITHMS]
