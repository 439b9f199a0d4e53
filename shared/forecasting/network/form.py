"""The hyper-parameters that every network has."""

from typing import Literal

from shared.forecasting.hyperparameters import Hyperparameters, parameter

HeadName = Literal["auto", "quantiles", "student_t", "negative_binomial", "tweedie"]


class NetworkHyperparameters(Hyperparameters):
    """How a network learns; an algorithm adds its own size."""

    head: HeadName = parameter(
        "auto",
        title="Output distribution",
        title_zh="输出分布",
        text="What a value may look like: counts (negative binomial), amounts with many zeros "
        "(Tweedie), continuous values (Student's t), or quantiles. Auto looks at the data.",
        text_zh="数值的分布形式：计数（负二项）、含大量零的金额（Tweedie）、"
        "连续值（学生 t）或分位数。"
        "“auto” 按数据自动选择。",
    )
    max_epochs: int = parameter(
        20,
        ge=1,
        le=1000,
        title="Epochs",
        title_zh="训练轮数",
        text="At most this many rounds; training stops earlier when it no longer improves.",
        text_zh="最多训练的轮数；不再改善时会提前停止。",
    )
    patience: int = parameter(
        5,
        ge=1,
        le=1000,
        title="Patience",
        title_zh="早停耐心",
        text="Stop after this many rounds without improvement on the validation windows.",
        text_zh="验证窗口连续这么多轮没有改善就停止。",
    )
    learning_rate: float = parameter(
        0.003,
        ge=1e-6,
        le=0.1,
        title="Learning rate",
        title_zh="学习率",
        text="The largest step size; it warms up first and then falls to almost zero.",
        text_zh="最大步长；先预热，再逐渐降到接近零。",
    )
    batch_size: int = parameter(
        64,
        ge=1,
        le=4096,
        title="Batch size",
        title_zh="批大小",
        text="Windows per step of the optimizer.",
        text_zh="优化器每一步使用的窗口数。",
    )
    batches_per_epoch: int = parameter(
        50,
        ge=1,
        le=10_000,
        title="Batches per epoch",
        title_zh="每轮批数",
        text="At most this many batches make one round; small data needs fewer.",
        text_zh="每轮最多的批数；数据少时会更少。",
    )
    weight_decay: float = parameter(
        0.0001,
        ge=0.0,
        le=1.0,
        title="Weight decay",
        title_zh="权重衰减",
        text="Pulls weights towards zero, which keeps the network from memorising.",
        text_zh="把权重拉向零，防止网络死记训练数据。",
    )
    seconds: int = parameter(
        0,
        ge=0,
        le=86_400,
        title="Seconds",
        title_zh="秒数",
        text="Let the step size fall faster, so that learning ends in time; 0 sets no limit.",
        text_zh="在限定时间内更快降低步长并结束训练；0 表示不限。",
    )
