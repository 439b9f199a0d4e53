"""N-HiTS: Challu et al., "N-HiTS: Neural Hierarchical Interpolation for Time Series" (2023)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from shared.forecasting.alike import alike
from shared.forecasting.direct import DIRECT, DirectHyperparameters, Look
from shared.forecasting.dropout import Dropout
from shared.forecasting.hyperparameters import parameter
from shared.forecasting.register import register

POOLS = (8, 4, 1)  # how coarsely each block looks at the past
KNOTS = (8, 3, 1)  # steps of the horizon per number that each block answers


class NHITSHyperparameters(DirectHyperparameters):
    hidden_size: int = parameter(
        192,
        ge=4,
        le=2048,
        title="Hidden size",
        title_zh="隐藏单元数",
        text="Width of the layers.",
        text_zh="各层的宽度。",
    )
    dropout: float = parameter(
        0.1,
        ge=0.0,
        le=0.9,
        title="Dropout",
        title_zh="随机失活",
        text="Share of hidden numbers left out at random while learning.",
        text_zh="训练时随机忽略的隐藏单元比例。",
    )


@register(
    title="N-HiTS",
    title_zh="N-HiTS 分层插值网络",
    summary_zh="由粗到细分块直接预测整个预测期的分位数，适合小时级等长周期数据。",
    family=DIRECT,
    hyperparameters=NHITSHyperparameters,
)
class NHITS(nn.Module):
    """Blocks from coarse to fine that each explain part of the past and answer the whole horizon.

    A last layer sees the covariates of each step of the horizon and corrects the sum.
    """

    def __init__(self, hyperparameters: NHITSHyperparameters, look: Look) -> None:
        super().__init__()
        self.look = look
        width = hyperparameters.hidden_size
        self.blocks = nn.ModuleList(
            Block(look, width, hyperparameters.dropout, pool, knots)
            for pool, knots in zip(POOLS, KNOTS, strict=True)
        )
        self.correction = nn.Sequential(
            nn.Linear(look.channels + look.answers, 64), nn.ReLU(), nn.Linear(64, look.answers)
        )

    def forward(
        self,
        level: Float[Tensor, "batch context"],
        seen: Float[Tensor, "batch context"],
        ahead: Float[Tensor, "batch horizon channels"],
    ) -> Float[Tensor, "batch horizon answers"]:
        """Return deciles, ascending."""
        answer = level.new_zeros(len(level), self.look.horizon, self.look.answers)
        steady = ahead.mean(1)
        for block in self.blocks:
            past, future = block(level, seen, steady)
            level = (level - past) * seen
            answer = answer + future
        answer = answer + self.correction(torch.cat([ahead, answer], -1))
        middle = self.look.answers // 2
        steps = alike(F.softplus, answer) * 0.2
        down = answer[..., middle : middle + 1] - steps[..., :middle].flip(-1).cumsum(-1).flip(-1)
        up = answer[..., middle : middle + 1] + steps[..., middle + 1 :].cumsum(-1)
        return torch.cat([down, answer[..., middle : middle + 1], up], -1)


class Block(nn.Module):
    """Looks at the past in pooled steps and answers in interpolated ones."""

    def __init__(self, look: Look, width: int, dropout: float, pool: int, knots: int) -> None:
        super().__init__()
        self.look, self.pool = look, min(pool, look.context)
        pooled = -(-look.context // self.pool)
        self.knots = max(1, -(-look.horizon // knots))
        self.layers = nn.Sequential(
            nn.Linear(2 * pooled + look.steady, width),
            nn.ReLU(),
            Dropout(dropout),
            nn.Linear(width, width),
            nn.ReLU(),
        )
        self.past = nn.Linear(width, pooled)
        self.future = nn.Linear(width, self.knots * look.answers)

    def forward(
        self,
        level: Float[Tensor, "batch context"],
        seen: Float[Tensor, "batch context"],
        steady: Float[Tensor, "batch channels"],
    ) -> tuple[Float[Tensor, "batch context"], Float[Tensor, "batch horizon answers"]]:
        missing = -level.shape[1] % self.pool
        padded = F.pad(torch.stack([level, seen], 1), (missing, 0))
        pooled = F.avg_pool1d(padded, self.pool).flatten(1)
        hidden = self.layers(torch.cat([pooled, steady], -1))
        past = self.past(hidden).repeat_interleave(self.pool, 1)[:, missing:]
        coarse = self.future(hidden).view(len(level), self.look.answers, self.knots)
        if self.knots == self.look.horizon:
            return past, coarse.transpose(1, 2)
        fine = F.interpolate(coarse, size=self.look.horizon, mode="linear", align_corners=False)
        return past, fine.transpose(1, 2)
