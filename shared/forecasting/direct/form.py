"""The hyper-parameters that every direct network has."""

from shared.forecasting.hyperparameters import Hyperparameters, parameter


class DirectHyperparameters(Hyperparameters):
    """How a direct network learns; an algorithm adds its own size."""

    max_epochs: int = parameter(
        20,
        ge=1,
        le=1000,
        title="Epochs",
        title_zh="训练轮数",
        text="So many rounds; the best one on the validation windows is kept.",
        text_zh="训练轮数；保留在验证窗口上最好的一轮。",
    )
    batches_per_epoch: int = parameter(
        50,
        ge=1,
        le=10_000,
        title="Batches per epoch",
        title_zh="每轮批数",
        text="Batches of one round.",
        text_zh="每轮的批数。",
    )
    batch_size: int = parameter(
        256,
        ge=1,
        le=8192,
        title="Batch size",
        title_zh="批大小",
        text="Windows per step of the optimizer.",
        text_zh="优化器每一步使用的窗口数。",
    )
    learning_rate: float = parameter(
        0.001,
        ge=1e-6,
        le=0.1,
        title="Learning rate",
        title_zh="学习率",
        text="The largest step size; it falls to almost zero.",
        text_zh="最大步长；逐渐降到接近零。",
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
