"""Decoding that is recorded once per shape says what decoding step by step says."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from shared.forecasting.network.body import Body
from shared.forecasting.network.decoder import decode
from shared.forecasting.network.encoder import Scaled
from shared.forecasting.network.graphs import MOST, SMALLEST, Play, Recordings, quickest
from shared.forecasting.panel import Panel
from tests.shared.forecasting.samples import fit

PATHS, STEPS = 5, 6


class Tape:
    """Stands in for a GPU's recording: it repeats the work where it first read from."""

    def __init__(self, change: float = 0.0) -> None:
        self.recorded = self.played = 0
        self.change = change

    def __call__(self, work: Callable[[], Tensor]) -> Play:
        self.recorded += 1

        def play() -> Tensor:
            self.played += 1
            return work() + self.change

        return play


@pytest.fixture
def body(panel: Panel) -> Body:
    found: Body = fit(panel, "lstm").forecaster.body  # type: ignore[attr-defined]
    return found


def asked(body: Body, series: int, seed: int = 1) -> tuple[Scaled, Tensor]:
    chance = torch.Generator().manual_seed(seed)
    channels = body.encoder.dynamic_width + body.encoder.exogenous_width
    length = body.window.context + STEPS
    scaled = Scaled(
        inputs=torch.randn(series, length, channels, generator=chance),
        mask=torch.ones(series, length, dtype=torch.bool),
        loc=torch.zeros(series),
        scale=1 + torch.rand(series, generator=chance),
    )
    return scaled, torch.rand(STEPS, body.head.draws, series, PATHS, generator=chance)


@pytest.mark.parametrize("series", [1, SMALLEST, 11])
def test_a_recording_says_what_decoding_step_by_step_says(body: Body, series: int) -> None:
    recordings = Recordings(body, Tape())
    for seed in (1, 2):  # recorded, then played with other numbers
        question = asked(body, series, seed)
        found = recordings.decode(*question)
        torch.testing.assert_close(found, decode(body, *question), rtol=1e-4, atol=1e-4)


def test_series_that_fit_one_bucket_share_a_recording(body: Body) -> None:
    tape = Tape()
    recordings = Recordings(body, tape)

    for series in (9, 12, 16):
        recordings.decode(*asked(body, series))

    assert (tape.recorded, tape.played) == (1, 3)


def test_an_answer_stays_when_the_recording_is_played_again(body: Body) -> None:
    recordings = Recordings(body, Tape())
    recordings.decode(*asked(body, 4))

    found = recordings.decode(*asked(body, 4, seed=2))
    before = found.clone()
    recordings.decode(*asked(body, 4, seed=3))

    assert torch.equal(found, before)


def test_a_recording_that_says_something_else_is_not_believed(body: Body) -> None:
    tape = Tape(change=1.0)
    recordings = Recordings(body, tape)
    for seed in (1, 2):
        question = asked(body, 3, seed)
        found = recordings.decode(*question)
        torch.testing.assert_close(found, decode(body, *question), rtol=1e-4, atol=1e-4)

    assert tape.recorded == 1
    assert not recordings.trusted


def test_what_cannot_be_recorded_is_decoded_step_by_step(body: Body) -> None:
    def refuse(work: Callable[[], Tensor]) -> Play:
        raise RuntimeError("operation not permitted when stream is capturing")

    question = asked(body, 3)

    found = Recordings(body, refuse).decode(*question)

    torch.testing.assert_close(found, decode(body, *question), rtol=1e-4, atol=1e-4)


def test_only_the_latest_shapes_are_kept(body: Body) -> None:
    recordings = Recordings(body, Tape())
    for more in range(MOST + 2):
        scaled, uniform = asked(body, 2)
        recordings.decode(scaled, torch.cat([uniform] * (more + 1), 3))

    assert len(recordings.kept) == MOST


def test_a_cpu_records_nothing(body: Body) -> None:
    question = asked(body, 2)

    assert torch.equal(quickest(body)(*question), decode(body, *question))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_plays_what_it_recorded(body: Body) -> None:
    body = body.to("cuda")
    recordings = Recordings(body)
    for seed in (1, 2):
        scaled, uniform = asked(body, 11, seed)
        scaled = Scaled(**{name: part.to("cuda") for name, part in vars(scaled).items()})
        found = recordings.decode(scaled, uniform.to("cuda"))
        expected = decode(body, scaled, uniform.to("cuda"))
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)

    assert recordings.trusted
    assert len(recordings.kept) == 1
