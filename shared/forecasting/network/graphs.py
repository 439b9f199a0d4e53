"""Records decoding once per shape on a GPU, and plays it again without asking Python.

A step of a small network is a few dozen kernels of microseconds each; what takes time is starting
them one by one. A CUDA graph starts all of a horizon at once. Series are padded to a bucket, so
that few shapes are ever recorded.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial

import torch
from torch import Tensor

from shared.forecasting.network.body import Body
from shared.forecasting.network.decoder import decode
from shared.forecasting.network.encoder import Scaled

SMALLEST = 8  # series
MOST = 8  # shapes that are kept, each with the memory that it works in
WARM_UP = 2  # runs before recording, in which libraries choose and load their kernels
CLOSE = 1e-3  # of a value: as far as a recorded path may be from one that is drawn step by step

Decode = Callable[[Scaled, Tensor], Tensor]
Play = Callable[[], Tensor]
Record = Callable[[Callable[[], Tensor]], Play]


def quickest(body: Body) -> Decode:
    """Return what decodes quickest on the body's device: on a GPU, what was recorded there."""
    on_gpu = next(body.parameters()).device.type == "cuda"
    return Recordings(body).decode if on_gpu else partial(decode, body)


def record(work: Callable[[], Tensor]) -> Play:
    """Return what repeats the work on the GPU, reading and writing where it did."""
    beside = torch.cuda.Stream()
    beside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(beside):
        for _ in range(WARM_UP):
            work()
    torch.cuda.current_stream().wait_stream(beside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = work()

    def play() -> Tensor:
        graph.replay()
        return found

    return play


@dataclass(frozen=True)
class Recorded:
    """Where a recording reads from, and how it is played."""

    scaled: Scaled
    uniform: Tensor
    play: Play


class Recordings:
    """Decodes one body; every shape is recorded when it is first asked for.

    Where a recording cannot be made, or says something else than decoding step by step does, that
    is done from then on.
    """

    def __init__(self, body: Body, record: Record = record) -> None:
        self.body, self.record = body, record
        self.kept: OrderedDict[tuple[int, ...], Recorded] = OrderedDict()
        self.trusted = True
        self.alone = threading.Lock()  # a recording has one place to read from

    @torch.inference_mode()
    def decode(self, scaled: Scaled, uniform: Tensor) -> Tensor:
        """Sample futures as `decode` does: (series, paths, horizon)."""
        with self.alone:
            if self.trusted:
                return self._recorded(scaled, uniform)
        return decode(self.body, scaled, uniform)

    def _recorded(self, scaled: Scaled, uniform: Tensor) -> Tensor:
        series = uniform.shape[2]
        bucket = max(SMALLEST, 1 << (series - 1).bit_length())
        scaled, uniform = _padded(scaled, uniform, bucket)
        shape = (*uniform.shape, *scaled.inputs.shape)
        found = self.kept.get(shape)
        if found is None:
            return self._first(shape, scaled, uniform)[:series]
        self.kept.move_to_end(shape)
        for one in fields(Scaled):
            getattr(found.scaled, one.name).copy_(getattr(scaled, one.name))
        found.uniform.copy_(uniform)
        return found.play()[:series].clone()

    def _first(self, shape: tuple[int, ...], scaled: Scaled, uniform: Tensor) -> Tensor:
        """Record a shape and return what decoding step by step says."""
        expected = decode(self.body, scaled, uniform)
        try:
            play = self.record(lambda: decode(self.body, scaled, uniform))
            found = play()
        except RuntimeError:  # a head or a network that cannot be recorded
            self.trusted = False
            return expected
        self.trusted = torch.allclose(found, expected, rtol=CLOSE, atol=CLOSE)
        if self.trusted:
            self.kept[shape] = Recorded(scaled, uniform, play)
            if len(self.kept) > MOST:
                self.kept.popitem(last=False)
        else:
            self.kept.clear()
        return expected


def _padded(scaled: Scaled, uniform: Tensor, bucket: int) -> tuple[Scaled, Tensor]:
    """Return copies for so many series, the last one again and again behind the others."""
    series = uniform.shape[2]
    places = torch.arange(bucket, device=uniform.device).clamp(max=series - 1)
    parts = {one.name: getattr(scaled, one.name)[places] for one in fields(Scaled)}
    return Scaled(**parts), uniform[:, :, places].contiguous()
