"""Counter-based random numbers: a number depends on what it is for, never on its neighbours."""

import hashlib
import json
from collections.abc import Mapping

import torch
from torch import Tensor

MIX = (-0x40A7B892E31B1A47, -0x6B2FB644ECCEEE15)  # splitmix64, as signed 64-bit integers
GOLDEN = -0x61C8864680B583EB
MANTISSA = 23  # with the half added, exact in float32 and never 1.0


def stable_hash(keys: Mapping[str, str], *, salt: str = "") -> int:
    """Return a signed 64-bit number that is the same in every process for the same keys."""
    text = json.dumps([salt, sorted(keys.items())], ensure_ascii=False)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def uniforms(seed: int, series: Tensor, *, paths: int, horizon: int, draws: int) -> Tensor:
    """Return numbers in (0, 1), shaped (horizon, draws, series, paths).

    Args:
        seed: of the forecast.
        series: one stable hash per series, int64.
        paths: sampled futures per series.
        horizon: steps.
        draws: independent numbers that one step of one path uses.
    """
    device = series.device
    root = _mix(series + _signed(seed * 0x9E3779B97F4A7C15))  # (series,)
    path = _mix(root[:, None] + GOLDEN * torch.arange(1, paths + 1, device=device))
    counter = torch.arange(1, horizon * draws + 1, device=device).view(horizon, draws, 1, 1)
    bits = _mix(path + GOLDEN * counter)  # (horizon, draws, series, paths)
    top = (bits >> (64 - MANTISSA)) & ((1 << MANTISSA) - 1)
    return (top.to(torch.float32) + 0.5) * 2.0**-MANTISSA


def _signed(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def _mix(z: Tensor) -> Tensor:
    """Scramble 64-bit integers (the finaliser of splitmix64)."""
    z = (z ^ _shift(z, 30)) * MIX[0]
    z = (z ^ _shift(z, 27)) * MIX[1]
    return z ^ _shift(z, 31)


def _shift(z: Tensor, bits: int) -> Tensor:
    """Shift right without the sign, which torch would copy."""
    return (z >> bits) & ((1 << (64 - bits)) - 1)
