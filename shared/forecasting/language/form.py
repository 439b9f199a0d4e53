"""The hyper-parameters of a language model that forecasts."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.language.base import names, offered, usual

Kind = Literal["retail", "weather", "electricity", "traffic", "general"]


def _listed(name: str) -> str:
    if name not in names():
        raise PydanticCustomError("base", "choose one of {names}", {"names": ", ".join(names())})
    return name


class LanguageHyperparameters(Hyperparameters):
    """Which base model, how numbers are written, how it is fine-tuned and how it writes."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Show the base models of this deployment as choices, and say why others are left out."""
        found = handler.resolve_ref_schema(handler(schema))
        base, (choices, left_out) = found["properties"]["base"], offered()
        base["enum"] = choices
        for said in ("description", "description_zh"):
            base[said] = " ".join([base[said], *left_out])
        return found

    base: Annotated[str, AfterValidator(_listed)] = parameter(
        usual(),
        title="Base model",
        title_zh="基础模型",
        text="What is fine-tuned: the small model that comes with the program, or a Qwen model "
        "that this deployment offers.",
        text_zh="被微调的模型：程序自带的小模型，或本部署提供的 Qwen 模型。",
    )
    mode: Literal["forecast", "correct"] = parameter(
        "forecast",
        title="Mode",
        title_zh="模式",
        text="Write the forecast itself, or a bounded correction of the best numeric forecast.",
        text_zh="直接写出预测，或对最佳数值预测写出有界的修正。",
    )
    kind: Kind = parameter(
        "retail",
        title="Kind of data",
        title_zh="数据类型",
        text="Chooses the words before the numbers.",
        text_zh="决定数字之前的说明文字。",
    )
    language: Literal["en", "zh"] = parameter(
        "en",
        title="Header language",
        title_zh="说明文字的语言",
        text="The language of the words before the numbers.",
        text_zh="数字之前的说明文字所用的语言。",
    )
    note: str = parameter(
        "",
        max_length=500,
        title="Note",
        title_zh="备注",
        text="What the model should know besides the numbers, such as: flu season starts early.",
        text_zh="除数字以外模型应知道的情况，例如：今年流感季提前。",
    )
    covariates: bool = parameter(
        True,
        title="Tell known covariates",
        title_zh="写入已知协变量",
        text="Write the covariates of the horizon into the header, one digit per step.",
        text_zh="把预测期内的已知协变量写进说明文字，每步一个数字。",
    )
    digits: int = parameter(
        2,
        ge=1,
        le=5,
        title="Digits",
        title_zh="数字位数",
        text="Digits per value: more are finer and slower.",
        text_zh="每个数值的位数：越多越精细，也越慢。",
    )
    told: int = parameter(
        56,
        ge=4,
        le=2000,
        title="Values told",
        title_zh="写入的历史值",
        text="At most this many values of the past are told, unless a context length is chosen "
        "or three seasons need more.",
        text_zh="最多写入的历史值个数；指定上下文长度时以其为准，三个周期更长时也会更多。",
    )
    rank: int = parameter(
        16,
        ge=1,
        le=256,
        title="Rank",
        title_zh="LoRA 秩",
        text="How much LoRA may change: the rank of the changes to each linear layer.",
        text_zh="LoRA 可以改变的程度：每个线性层改动矩阵的秩。",
    )
    max_epochs: int = parameter(
        10,
        ge=1,
        le=1000,
        title="Epochs",
        title_zh="训练轮数",
        text="At most this many rounds; the best one on the validation windows is kept.",
        text_zh="最多训练的轮数；保留在验证窗口上最好的一轮。",
    )
    batches_per_epoch: int = parameter(
        40,
        ge=1,
        le=10_000,
        title="Batches per epoch",
        title_zh="每轮批数",
        text="Batches of one round.",
        text_zh="每轮的批数。",
    )
    windows: int = parameter(
        16,
        ge=1,
        le=1024,
        title="Windows per batch",
        title_zh="每批窗口数",
        text="Windows per step of the optimizer.",
        text_zh="优化器每一步使用的窗口数。",
    )
    patience: int = parameter(
        3,
        ge=1,
        le=1000,
        title="Patience",
        title_zh="早停耐心",
        text="Stop after this many rounds without improvement on the validation windows.",
        text_zh="验证窗口连续这么多轮没有改善就停止。",
    )
    learning_rate: float = parameter(
        0.0,
        ge=0.0,
        le=0.1,
        title="Learning rate",
        title_zh="学习率",
        text="The largest step size; 0 lets the size of the base model decide.",
        text_zh="最大步长；0 表示由基础模型的大小决定。",
    )
    seconds: int = parameter(
        0,
        ge=0,
        le=86_400,
        title="Seconds",
        title_zh="秒数",
        text="End the fine-tuning in so many seconds; 0 sets no limit.",
        text_zh="在限定秒数内结束微调；0 表示不限。",
    )
    number_loss: float = parameter(
        0.0,
        ge=0.0,
        le=10.0,
        title="Number loss",
        title_zh="数值损失",
        text="Weight of a loss that knows that 4 lies nearer to 5 than to 9; 0 leaves it out.",
        text_zh="数值距离损失的权重（4 比 9 更接近 5）；0 表示不使用。",
    )
    paths: int = parameter(
        20,
        ge=1,
        le=1000,
        title="Paths",
        title_zh="路径数",
        text="Futures that the model writes per series; more paths asked for are interpolated.",
        text_zh="模型为每个序列写出的未来路径数；需要更多时由其插值得到。",
    )
    temperature: float = parameter(
        1.0,
        ge=0.05,
        le=5.0,
        title="Temperature",
        title_zh="温度",
        text="Below 1 the paths lie closer together, above 1 farther apart.",
        text_zh="小于 1 时路径更集中，大于 1 时更分散。",
    )
    numeric: Literal["auto", "lightgbm", "theta", "ets", "seasonal_naive"] = parameter(
        "auto",
        title="Corrected algorithm",
        title_zh="被修正的算法",
        text="Whose forecast is corrected in correction mode; auto takes the best of them.",
        text_zh="修正模式下被修正的算法；“auto” 选择其中最好的。",
    )
    bound: float = parameter(
        1.5,
        ge=1.01,
        le=10.0,
        title="Largest correction",
        title_zh="最大修正倍数",
        text="A correction multiplies or divides by this factor at most.",
        text_zh="修正最多乘以或除以这个倍数。",
    )
