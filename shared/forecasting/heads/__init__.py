"""Output distributions: how a network's numbers become a loss and sampled values."""

from shared.forecasting.heads.base import Head
from shared.forecasting.heads.negative_binomial import NegativeBinomial
from shared.forecasting.heads.quantiles import Quantiles
from shared.forecasting.heads.student_t import StudentT
from shared.forecasting.heads.tweedie import Tweedie

HEADS: dict[str, Head] = {
    head.name: head for head in (Quantiles(), StudentT(), NegativeBinomial(), Tweedie())
}

__all__ = ["HEADS", "Head"]
