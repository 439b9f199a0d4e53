"""How much memory writing and learning need is known before they begin."""

import weakref
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from shared.forecasting import FittedModel, Fitting, NotEnoughMemory, Panel, Recipe
from shared.forecasting import memory as memory_of
from shared.forecasting.language.adapter import attach
from shared.forecasting.language.base import TINY, find, load
from shared.forecasting.language.decoder import Writer
from shared.forecasting.language.exercises import Exercises
from shared.forecasting.language.form import LanguageHyperparameters
from shared.forecasting.language.learner import FineTuning
from shared.forecasting.language.sizes import bytes_of_learning, bytes_of_series
from shared.forecasting.language.writing import repeated, tile, written
from tests.shared.forecasting.samples import filled

Fitted = Callable[[str], FittedModel]


def test_too_little_memory_for_the_paths_is_said(
    panel: Panel, fitted: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted("qwen")
    monkeypatch.setattr(memory_of, "available", lambda device: 1000)

    with pytest.raises(NotEnoughMemory, match=r"and 0 MB are free.*Ask for fewer paths") as refused:
        model.forecast(filled(panel))

    assert refused.value.field == "/paths"


def test_too_little_memory_for_a_batch_is_said_before_the_first_step(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting = Fitting(panel, Recipe("qwen", 7, hyperparameters={"windows": 512}))
    monkeypatch.setattr(memory_of, "available", lambda device: 2**20)

    with pytest.raises(NotEnoughMemory, match=r"Fine-tuning needs about [\d.]+ GB") as refused:
        next(fitting.epochs())

    assert refused.value.field == "/hyperparameters/windows"


def test_what_is_written_at_once_does_not_depend_on_what_is_asked_or_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base, parts, plain = find(TINY), [], Writer.write
    network, vocabulary = load(base, torch.device("cpu"))
    writer = Writer(network.eval(), vocabulary)

    def counted(writer: Writer, tokens: Tensor, mask: Tensor, chance: Tensor) -> Tensor:
        parts.append(len(tokens))
        return plain(writer, tokens, mask, chance)

    def asked(series: int) -> list[object]:
        rows, hashes = [[30, 31, 32]] * series, np.arange(series)
        found = written(writer, base, rows, hashes, digits=2, paths=3, horizon=4, seed=0)
        return list(found.tolist())

    monkeypatch.setattr(Writer, "write", counted)
    nine = asked(9)
    needed = tile_bytes(writer, 32, 3, 12)
    monkeypatch.setattr(memory_of, "available", lambda device: needed)
    again, one = asked(9), asked(1)

    assert parts == [4, 4, 4, 4, 4, 4, 4]
    assert (again, one) == (nine, nine[:1])
    monkeypatch.setattr(memory_of, "available", lambda device: needed - 1)
    with pytest.raises(NotEnoughMemory, match="Writing 3 paths of 4 series needs about"):
        asked(1)


def tile_bytes(writer: Writer, prompt: int, paths: int, steps: int) -> int:
    return 4 * bytes_of_series(writer.network, prompt, paths, steps)


def test_many_paths_are_written_for_fewer_series_at_once() -> None:
    base = find(TINY)
    network, vocabulary = load(base, torch.device("cpu"))
    writer = Writer(network.eval(), vocabulary)

    found = [tile(writer, base, 256, paths, 84) for paths in (20, 3000, 5000)]

    assert found == [4, 2, 1]


def test_few_series_are_filled_up_only_where_their_number_would_change_a_digit() -> None:
    cpu, cuda = torch.device("cpu"), torch.device("cuda")

    assert [repeated(count, 4, 20, cpu) for count in (1, 3, 4)] == [1, 3, 4]
    assert [repeated(count, 4, 6, cpu) for count in (1, 3, 4)] == [3, 3, 4]
    assert [repeated(count, 4, 3, cpu) for count in (1, 3, 4)] == [4, 4, 4]
    assert repeated(1, 16, 20, cuda) == 16


def test_a_model_says_how_much_its_base_holds(fitted: Fitted) -> None:
    assert 0.9 < fitted("qwen").held / (4 * find(TINY).parameters) <= 1  # one table is shared
    assert fitted("seasonal_naive").held == 0


def test_what_was_fine_tuned_is_given_back() -> None:
    tuning = FineTuning(find(TINY), LanguageHyperparameters(rank=2), 0)
    adapted = weakref.ref(tuning.adapted)

    tuning.release()

    assert adapted() is None


def test_learning_that_computes_layers_again_learns_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def learned() -> tuple[bool, float]:
        tuning = FineTuning(find(TINY), LanguageHyperparameters(rank=2), 0)
        tuning.adapted.train()
        tuning.loss(Exercises([[30, 31, 32], [30]], np.array([[47, 5], [3, 99]]))).backward()
        found = [part.grad for part in tuning.trained if part.grad is not None]
        return tuning.sparing, float(sum(part.abs().sum() for part in found))

    plain = learned()
    monkeypatch.setattr("shared.forecasting.language.learner.SMALL", 0)
    sparing = learned()

    assert (plain[0], sparing[0]) == (False, True)
    assert plain[1] > 0
    assert sparing[1] == pytest.approx(plain[1], rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_a_batch_will_need_is_known_before(dtype: torch.dtype) -> None:
    network, _ = load(find(TINY), torch.device("cpu"))
    for part in network.parameters():
        part.data = part.data.to(dtype)
    adapted, kept = attach(network, 4, 0).train(), {}
    own = {part.untyped_storage().data_ptr() for part in adapted.parameters()}

    def keep(part: Tensor) -> Tensor:
        kept[part.untyped_storage().data_ptr()] = part.untyped_storage().nbytes()
        return part

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda part: part):
        read = network.model(input_ids=torch.ones(8, 100, dtype=torch.int64), use_cache=False)
    really = sum(size for place, size in kept.items() if place not in own)
    whole, sparing = (bytes_of_learning(adapted, 8, 100, sparing=one) for one in (False, True))

    assert read.last_hidden_state.requires_grad
    assert really < whole < 3 * really
    assert bytes_of_learning(adapted, 16, 100, sparing=False) > 1.9 * whole
    assert sparing < 1.2 * whole
