"""Dropout that is as quick as the network around it."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BYTE = 256


class Dropout(nn.Module):
    """Hides a share of the values while learning (Srivastava et al., 2014).

    On a CPU one random byte decides on each value, so the share is a multiple of 1/256: PyTorch
    draws a number per value there, which takes longer than an LSTM's whole step.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, values: Tensor) -> Tensor:
        if not self.training:
            return values
        below = round(self.share * BYTE)
        if values.device.type != "cpu" or not 0 < below < BYTE:
            return F.dropout(values, self.share)
        count = values.numel()
        drawn = torch.randint(-(2**63), 2**63 - 1, (-(-count // 8),)).view(torch.uint8)
        kept = drawn[:count].ge_(below).view_as(values).to(values.dtype)
        return values * kept.mul_(BYTE / (BYTE - below))
