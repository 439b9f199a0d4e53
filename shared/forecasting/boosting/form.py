"""The hyper-parameters that every boosted algorithm has."""

from shared.forecasting.hyperparameters import Hyperparameters, parameter


class BoostingHyperparameters(Hyperparameters):
    """How many trees are grown from how many examples."""

    trees: int = parameter(
        300,
        ge=1,
        le=5000,
        title="Trees",
        title_zh="树的数量",
        text="At most this many trees per quantile; the best number is found on the validation "
        "windows.",
        text_zh="每个分位数最多的树数；最佳数量由验证窗口决定。",
    )
    leaves: int = parameter(
        31,
        ge=2,
        le=1024,
        title="Leaves",
        title_zh="叶子数",
        text="Leaves per tree: more of them fit finer patterns and need more data.",
        text_zh="每棵树的叶子数：越多越能拟合细节，也需要更多数据。",
    )
    learning_rate: float = parameter(
        0.05,
        ge=0.001,
        le=1.0,
        title="Learning rate",
        title_zh="学习率",
        text="How much each tree corrects; a smaller one needs more trees.",
        text_zh="每棵树的修正幅度；越小需要的树越多。",
    )
    rows: int = parameter(
        150_000,
        ge=100,
        le=20_000_000,
        title="Examples",
        title_zh="样本数",
        text="At most this many examples (series, date, step ahead) are learned from.",
        text_zh="最多使用的训练样本数（序列、日期、预测步）。",
    )
    smallest_leaf: int = parameter(
        50,
        ge=1,
        le=100_000,
        title="Smallest leaf",
        title_zh="叶子最少样本",
        text="Examples that a leaf must hold at least.",
        text_zh="每个叶子至少包含的样本数。",
    )
    seconds: int = parameter(
        0,
        ge=0,
        le=86_400,
        title="Seconds",
        title_zh="秒数",
        text="Stop growing trees after so many seconds; 0 sets no limit.",
        text_zh="训练超过这么多秒后停止增加树；0 表示不限。",
    )
