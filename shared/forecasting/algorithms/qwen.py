"""Qwen: digits as text, after Gruver et al., "Large Language Models Are Zero-Shot Time Series
Forecasters" (2023); LoRA by Hu et al. (2021), on Qwen2, Qwen2.5 or Qwen3.
"""

from shared.forecasting.language import LANGUAGE, LanguageHyperparameters
from shared.forecasting.packages import needs
from shared.forecasting.register import register


class QwenHyperparameters(LanguageHyperparameters):
    pass


def missing() -> str | None:
    """Return which package is not installed."""
    return needs("transformers")() or needs("peft")()


@register(
    title="Qwen",
    title_zh="千问（GPT 回归）",
    summary_zh="用 LoRA 微调语言模型，逐位写出数字来预测；自带小型基础模型，也可用本地 Qwen 模型。",
    family=LANGUAGE,
    hyperparameters=QwenHyperparameters,
    missing=missing,
)
class Qwen:
    """A language model, fine-tuned with LoRA, that writes the forecast digit by digit."""
