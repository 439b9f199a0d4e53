"""LightGBM: Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree" (2017)."""

from typing import Any, Literal

from shared.forecasting.boosting import BOOSTING, BoostingHyperparameters
from shared.forecasting.hyperparameters import parameter
from shared.forecasting.packages import needs
from shared.forecasting.register import register


class LightGBMHyperparameters(BoostingHyperparameters):
    objective: Literal["quantile", "tweedie"] = parameter(
        "quantile",
        title="Objective",
        title_zh="目标函数",
        text="Learn the quantiles themselves, or the mean of amounts with many zeros (Tweedie) "
        "with the spread of its errors around it.",
        text_zh="直接学习各分位数，或学习含大量零的金额的均值（Tweedie）并由误差给出区间。",
    )


@register(
    title="LightGBM",
    title_zh="LightGBM 梯度提升树",
    summary_zh="对所有序列训练一组梯度提升树，利用滞后值、日历和协变量直接预测每一步。",
    family=BOOSTING,
    hyperparameters=LightGBMHyperparameters,
    missing=needs("lightgbm"),
)
class LightGBM:
    """Boosted trees over all series that foretell each step from lags, calendar and covariates."""

    levels: tuple[float, ...]  # what each booster foretells; empty for the mean alone

    def __init__(self, hyperparameters: LightGBMHyperparameters, seed: int) -> None:
        self.hyperparameters, self.seed = hyperparameters, seed
        quantile = hyperparameters.objective == "quantile"
        self.levels = (0.1, 0.3, 0.5, 0.7, 0.9) if quantile else ()

    def parameters(self, level: float | None) -> dict[str, Any]:
        """Return LightGBM's parameters of the booster for this quantile, or for the mean."""
        settings = self.hyperparameters
        aim = {"objective": "tweedie"} if level is None else {"objective": "quantile"}
        return {
            **aim,
            **({} if level is None else {"alpha": level}),
            "learning_rate": settings.learning_rate,
            "num_leaves": settings.leaves,
            "min_data_in_leaf": settings.smallest_leaf,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.5,
            "bagging_freq": 1,
            "lambda_l2": 1.0,
            "max_cat_threshold": 16,
            "cat_smooth": 50.0,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
