"""The hyper-parameters of an ensemble: how long it may take, and how hard its members try."""

from shared.forecasting.hyperparameters import Hyperparameters, parameter


class EnsembleHyperparameters(Hyperparameters):
    """A time budget, and the effort of the members that learn."""

    time_limit: int = parameter(
        180,
        ge=5,
        le=86_400,
        title="Seconds",
        title_zh="时间预算（秒）",
        text="About so long the fitting may take; with more time, more is tried.",
        text_zh="训练大约可以使用的时间；时间越多，尝试越多。",
    )
    trees: int = parameter(
        300,
        ge=1,
        le=5000,
        title="Trees",
        title_zh="树的数量",
        text="At most this many trees per quantile for the boosted member.",
        text_zh="提升树成员每个分位数最多的树数。",
    )
    rows: int = parameter(
        150_000,
        ge=100,
        le=20_000_000,
        title="Examples",
        title_zh="样本数",
        text="At most this many examples for the boosted member.",
        text_zh="提升树成员最多使用的样本数。",
    )
    max_epochs: int = parameter(
        20,
        ge=1,
        le=1000,
        title="Epochs",
        title_zh="训练轮数",
        text="At most this many rounds for the network among the members.",
        text_zh="神经网络成员最多的训练轮数。",
    )
    batches_per_epoch: int = parameter(
        50,
        ge=1,
        le=10_000,
        title="Batches per epoch",
        title_zh="每轮批数",
        text="Batches of one round of the network among the members.",
        text_zh="神经网络成员每轮的批数。",
    )
