"""Writing with a shared prompt says what reading everything again for every path would say."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from shared.forecasting.language.attention import NAME, SharedPrompt, register
from shared.forecasting.language.base import TINY, Base, find, load
from shared.forecasting.language.decoder import Writer
from shared.forecasting.language.prompts import padded
from shared.forecasting.language.writing import evenly, written
from shared.forecasting.randomness import uniforms
from tests.shared.forecasting.language.bases import checkpoint

HORIZON, DIGITS, PATHS = 4, 2, 5
PROMPTS = [[2, 3, 12, 40, 41], [7, 7, 12], [5, 6, 12, 9, 9, 12, 11]]
HASHES = np.array([11, -5, 99], np.int64)


@pytest.fixture(params=["qwen2", "qwen3"])
def base(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Base:
    checkpoint(tmp_path / "random", request.param)
    monkeypatch.setenv("SHELFCAST_QWEN_BASES", str(tmp_path))
    return find("random")


@pytest.fixture
def writer(base: Base) -> Writer:
    network, vocabulary = load(base, torch.device("cpu"))
    return Writer(network.eval(), vocabulary)


def one_by_one(writer: Writer, prompt: list[int], uniform: Tensor) -> list[int]:
    """Write one path as plainly as can be: the whole text is read again for every digit."""
    ids, text, codes = writer.vocabulary, list(prompt), []
    for step in range(HORIZON):
        code = 0
        for digit in range(DIGITS):
            with torch.inference_mode():
                logits = writer.network(input_ids=torch.tensor([text])).logits[0, -1]
            share = logits[list(ids.digits)].double().softmax(-1).cumsum(-1)
            sign = int((uniform[step, digit].double() > share).sum().clamp(max=9))
            code = 10 * code + sign
            text.append(ids.digits[sign])
        text.append(ids.separator)
        codes.append(code)
    return codes


def test_paths_are_those_of_reading_everything_again(writer: Writer) -> None:
    chance = uniforms(3, torch.from_numpy(HASHES), paths=PATHS, horizon=HORIZON, draws=DIGITS)
    tokens, mask = padded(PROMPTS, 8, 0)

    codes = writer.write(tokens, mask, chance)

    plain = [
        [one_by_one(writer, prompt, chance[:, :, series, path]) for path in range(PATHS)]
        for series, prompt in enumerate(PROMPTS)
    ]
    assert codes.tolist() == plain
    assert len(np.unique(codes.numpy())) > 5


def test_a_prompt_is_read_once_however_many_paths_there_are(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[int, ...]] = []
    plain = writer.network.model.forward

    def counted(input_ids: Tensor, **more: object) -> object:
        read.append(tuple(input_ids.shape))
        return plain(input_ids=input_ids, **more)

    monkeypatch.setattr(writer.network.model, "forward", counted)
    tokens, mask = padded(PROMPTS, 8, 0)
    writer.write(tokens, mask, torch.full((HORIZON, DIGITS, 3, PATHS), 0.5))

    # the prompts once; then per value one pass with a digit, one with a digit and the separator
    assert read == [(3, 8), *([(15, 1), (15, 2)] * HORIZON)[:-1]]


def test_numbers_do_not_depend_on_what_else_is_written(writer: Writer, base: Base) -> None:
    def write(places: list[int]) -> list[list[list[int]]]:
        rows = [PROMPTS[one] for one in places]
        found = written(
            writer,
            base,
            rows,
            HASHES[places],
            digits=DIGITS,
            paths=PATHS,
            horizon=HORIZON,
            seed=1,
        )
        return [[list(path) for path in series] for series in found.tolist()]

    together = write([0, 1, 2])

    assert write([2, 0, 1]) == [together[2], together[0], together[1]]
    assert [write([one])[0] for one in range(3)] == together


@pytest.mark.parametrize("paths", [3, 7, 20])
def test_not_a_bit_depends_on_how_many_series_are_written(
    paths: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, told, plain = find(TINY), list[Tensor](), Writer._draw
    network, vocabulary = load(base, torch.device("cpu"))
    writer = Writer(network.eval(), vocabulary)
    random = np.random.default_rng(0)
    rows = random.choice(vocabulary.digits, (4, 90)).tolist()

    def heard(writer: Writer, logits: Tensor, uniform: Tensor) -> Tensor:
        told.append(logits[:1].clone())
        return plain(writer, logits, uniform)

    def first_of(series: int) -> Tensor:
        told.clear()
        asked = {"digits": 2, "paths": paths, "horizon": 3, "seed": 0}
        written(writer, base, rows[:series], np.arange(series), **asked)
        return torch.stack(told)

    monkeypatch.setattr(Writer, "_draw", heard)
    alone = first_of(1)

    for series in (2, 3, 4):
        torch.testing.assert_close(first_of(series), alone, rtol=0, atol=0)


def test_the_paths_of_a_digit_are_spread_evenly_over_its_chances() -> None:
    chance = evenly(uniforms(3, torch.from_numpy(HASHES), paths=20, horizon=300, draws=2))

    parts = (chance * 20).floor().sort(-1).values
    assert parts.unique(dim=-2).flatten(0, -2)[0].tolist() == list(range(20))
    first = chance[:, 0, 0]  # over the steps each path still sees all of them, by itself
    assert (first.mean(0) - 0.5).abs().max() < 0.06
    assert torch.corrcoef(first.T).fill_diagonal_(0).abs().max() < 0.3


def test_half_of_the_bits_write_what_all_of_them_would(writer: Writer) -> None:
    halves = Writer(copy.deepcopy(writer.network).bfloat16(), writer.vocabulary)
    tokens, mask = padded(PROMPTS, 8, 0)
    chance = uniforms(3, torch.from_numpy(HASHES), paths=PATHS, horizon=1, draws=1)

    alike = halves.write(tokens, mask, chance) == writer.write(tokens, mask, chance)

    assert halves.table().dtype == torch.float32
    assert alike.double().mean() > 0.8


def test_a_low_temperature_brings_paths_together(writer: Writer) -> None:
    cold = Writer(writer.network, writer.vocabulary, temperature=0.05)
    chance = uniforms(3, torch.from_numpy(HASHES), paths=40, horizon=HORIZON, draws=DIGITS)
    tokens, mask = padded(PROMPTS, 8, 0)

    spread = [one.write(tokens, mask, chance).double().std(1).mean() for one in (cold, writer)]

    assert spread[0] < spread[1]


def test_only_the_rows_of_digits_are_multiplied(writer: Writer) -> None:
    assert writer.table().shape == (10, 32)


def test_no_shape_changes_from_step_to_step(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, plain = set(), SharedPrompt.attend

    def watched(
        shared: SharedPrompt, layer: int, query: Tensor, keys: Tensor, values: Tensor
    ) -> Tensor:
        seen.add((query.shape[2], keys.shape, values.shape))
        return plain(shared, layer, query, keys, values)

    monkeypatch.setattr(SharedPrompt, "attend", watched)
    tokens, mask = padded(PROMPTS, 8, 0)
    writer.write(tokens, mask, torch.full((HORIZON, DIGITS, 3, PATHS), 0.5))

    room = (15, 2, HORIZON * (DIGITS + 1), 8)
    assert seen == {(1, room, room), (2, room, room)}


def test_a_step_stores_its_keys_beside_those_of_the_prompt() -> None:
    register()
    key = torch.randn(2, 1, 6, 4)
    shared = SharedPrompt([(key, key)], torch.ones(2, 6, dtype=torch.bool), paths=3, steps=9)

    keys, _ = shared.update(torch.ones(6, 1, 2, 4), torch.ones(6, 1, 2, 4), 0)

    assert keys[:, :, :, 0].sum(2).tolist() == [[2.0]] * 6
    assert shared.prompt[0][0] is key  # never copied per path
    assert NAME
