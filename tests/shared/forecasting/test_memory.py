"""What would not fit into memory is refused before it begins, with both figures."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from shared.forecasting import ALGORITHMS, FittedModel, Fitting, NotEnoughMemory, Panel, Recipe
from shared.forecasting import memory as memory_of
from shared.forecasting.memory import available, kept_bytes
from tests.shared.forecasting.samples import filled, frame, quick

LEARNED = [name for name, one in ALGORITHMS.items() if one.family in {"network", "direct"}]


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_of, "available", lambda device: 50_000)


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("name", LEARNED)
def test_learning_that_does_not_fit_is_refused_with_the_figures(name: str, panel: Panel) -> None:
    with pytest.raises(NotEnoughMemory, match=r"needs about \d+ MB.*and 0 MB are free") as refused:
        Fitting(panel, Recipe(name, 7, None, quick(name, batch_size=64)))

    assert refused.value.field == "/hyperparameters/batch_size"


@pytest.mark.usefixtures("little")
def test_what_learns_nothing_needs_no_memory_to_do_so(panel: Panel) -> None:
    Fitting(panel, Recipe("seasonal_naive", 7))


def test_a_forecast_of_too_many_paths_is_refused(
    panel: Panel, fitted: Callable[[str], FittedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_of, "available", lambda device: 2**30)

    with pytest.raises(NotEnoughMemory, match="This forecast needs about") as refused:
        fitted("lstm").forecast(filled(panel), paths=100_000, horizon=100)

    assert refused.value.field == "/paths"


@pytest.mark.usefixtures("little")
def test_a_file_too_large_for_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    frame(stores=40, products=8).to_parquet(tmp_path / "sales.parquet")

    with pytest.raises(NotEnoughMemory, match="The data needs about"):
        Panel.from_parquet(
            tmp_path / "sales.parquet",
            ids=["store_id", "product_id"],
            date="date",
            target="sales",
            frequency="D",
        )


@pytest.mark.parametrize("name", ["transformer", "kan", "tcn"])
def test_the_estimate_is_what_is_really_kept(name: str, panel: Panel) -> None:
    training = Fitting(panel, Recipe(name, 7, None, quick(name))).learner.training  # type: ignore[attr-defined]
    body, windows = training.body, training.drawn(16)
    seen: dict[int, int] = {}

    def keep(part: torch.Tensor) -> torch.Tensor:
        seen[part.untyped_storage().data_ptr()] = part.untyped_storage().nbytes()
        return part

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda part: part):
        kept = body(windows, body.encoder(windows))
    del kept
    estimate = kept_bytes(body, lambda one, some: one(some, one.encoder(some)), windows)  # type: ignore[operator]

    assert estimate == pytest.approx(sum(seen.values()), rel=0.15)


def test_the_machine_says_how_much_is_free() -> None:
    free = available(torch.device("cpu"))

    assert free is None or 2**20 < free < 2**50


def test_what_torch_keeps_of_a_gpu_for_later_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, figure in (("memory_reserved", 700), ("memory_allocated", 300)):
        monkeypatch.setattr(torch.cuda, name, lambda device, figure=figure: figure)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 5000))

    assert available(torch.device("cuda")) == 1400
