"""Fine-tuning: what counts in the loss, what is stored, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from shared.forecasting import (
    Fitting,
    ForecastingError,
    Invalid,
    InvalidArtifact,
    Recipe,
    load,
)
from shared.forecasting.language.adapter import attach
from shared.forecasting.language.base import TINY, find
from shared.forecasting.language.base import load as load_base
from shared.forecasting.language.exercises import Exercises
from shared.forecasting.language.learner import batch
from shared.forecasting.language.loss import digit_loss
from tests.shared.forecasting.language.bases import checkpoint
from tests.shared.forecasting.samples import fit, frame, panel_of, quick, series_panel

WEEKS = series_panel([float(3 * (one % 7)) for one in range(140)])
DAY = pd.Timedelta(days=1)


def ragged() -> pd.DataFrame:
    """Return a long series and one of sixteen days."""
    whole = frame(stores=1, products=2)
    early = whole["date"] <= whole["date"].max() - 16 * DAY
    found: pd.DataFrame = whole[(whole["product_id"] == "P0") | ~early]
    return found


def test_only_the_digits_of_the_horizon_count() -> None:
    _, vocabulary = load_base(find(TINY), torch.device("cpu"))
    told = [[30, 31, 32], [30]]

    tokens, mask, signs = batch(
        Exercises(told, np.array([[47, 5], [-1, 99]], np.int64)), vocabulary, 2
    )

    four, seven, comma, zero, five = (vocabulary.words(one)[0] for one in "47,05")
    assert tokens[0].tolist() == [30, 31, 32, four, seven, comma, zero, five]
    assert mask.tolist() == [[True] * 8, [False] * 2 + [True] * 6]
    assert signs.tolist() == [[[4, 7], [0, 5]], [[-1, -1], [9, 9]]]


def test_a_wrong_leading_digit_costs_more_than_a_wrong_last_one() -> None:
    sure = torch.full((1, 1, 2, 10), -5.0)
    sure[0, 0, 0, 4] = sure[0, 0, 1, 7] = 5.0

    first, last = (digit_loss(sure, torch.tensor([[signs]])) for signs in ([3, 7], [4, 6]))

    assert first > last > digit_loss(sure, torch.tensor([[[4, 7]]]))


def test_the_number_loss_knows_that_four_is_nearer_to_five_than_to_nine() -> None:
    four = torch.full((1, 1, 1, 10), -5.0)
    four[..., 4] = 5.0

    near, far = (digit_loss(four, torch.tensor([[[one]]]), 1.0) for one in (5, 9))

    assert near < far
    assert digit_loss(four, torch.tensor([[[5]]])) == digit_loss(four, torch.tensor([[[9]]]))


def test_lora_is_on_every_linear_layer_and_nothing_else_learns() -> None:
    network, _ = load_base(find(TINY), torch.device("cpu"))
    linear = sum(isinstance(part, torch.nn.Linear) for part in network.model.modules())

    adapted = attach(network, 4, 0)

    learning = [name for name, part in adapted.named_parameters() if part.requires_grad]
    assert len(learning) == 2 * linear
    assert all("lora_" in name for name in learning)


def test_it_learns_what_a_week_looks_like() -> None:
    recipe = Recipe(
        "qwen",
        7,
        hyperparameters=quick("qwen", told=14, windows=6, max_epochs=3, batches_per_epoch=5),
    )
    fitting = Fitting(WEEKS, recipe)

    losses = [epoch.validation_loss for epoch in fitting.epochs()]

    assert losses[-1] is not None
    assert losses[0] is not None
    assert losses[-1] < losses[0]


def test_what_is_stored_is_the_adapter_and_the_digest_of_its_base(tmp_path: Path) -> None:
    fit(WEEKS, "qwen").save(tmp_path)

    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["settings"]["base"] == {"name": TINY, "digest": find(TINY).digest}
    assert len(find(TINY).digest) == 64
    assert not [path for path in tmp_path.iterdir() if "tokenizer" in path.name]
    weights = (tmp_path / "model.safetensors").stat().st_size
    assert weights < 0.2 * (find(TINY).folder / "model.safetensors").stat().st_size


def test_an_adapter_whose_base_is_another_or_missing_is_refused_with_the_digests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFCAST_QWEN_BASES", str(tmp_path / "bases"))
    checkpoint(tmp_path / "bases" / "mine")
    fit(WEEKS, "qwen", base="mine").save(tmp_path / "model")
    before = find("mine").digest
    checkpoint(tmp_path / "bases" / "mine", seed=1)
    after = find("mine").digest

    with pytest.raises(InvalidArtifact, match=f"digest {before}, but the one here has {after}"):
        load(tmp_path / "model")

    monkeypatch.delenv("SHELFCAST_QWEN_BASES")
    with pytest.raises(InvalidArtifact, match=f"digest {before}, and none is found here"):
        load(tmp_path / "model")


def test_a_context_longer_than_the_base_can_read_is_cut_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFCAST_QWEN_BASES", str(tmp_path))
    checkpoint(tmp_path / "short", max_position_embeddings=128)

    model = fit(WEEKS, "qwen", base="short", told=100)

    told = model.manifest.settings["manner"]["context"]
    assert 4 <= told < 42
    assert f"The context is cut from 100 to {told} values" in " ".join(model.manifest.notes)
    assert np.isfinite(model.forecast(WEEKS, horizon=14).mean).all()  # told a little less
    with pytest.raises(Invalid, match="the base model 'short' reads 128") as refused:
        model.forecast(WEEKS, horizon=60)
    assert refused.value.field == "/horizon"
    with pytest.raises(Invalid, match="do not fit into the 128 tokens"):
        fit(WEEKS, "qwen", base="short", horizon=40)


def test_a_series_is_cut_by_itself_where_the_window_is_too_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFCAST_QWEN_BASES", str(tmp_path))
    checkpoint(tmp_path / "short", max_position_embeddings=160)
    panel = panel_of(ragged(), known=(), past=(), static=())
    model = fit(panel, "qwen", base="short", told=28)

    said = model.forecast(panel, horizon=16).texts
    alone = [model.forecast(panel, series=[one], horizon=16).texts[0] for one in range(2)]

    told = [text.told.partition("Numbers:")[2].count(",") for text in said]
    assert said == alone
    assert 28 > told[0] > told[1] == 16  # the shorter one keeps all that it has
    assert [text.left_out for text in said] == [28 - told[0], 0]


def test_leaving_the_loop_keeps_the_best_epoch_and_before_it_there_is_nothing() -> None:
    fitting = Fitting(WEEKS, Recipe("qwen", 7, hyperparameters=quick("qwen", max_epochs=50)))
    with pytest.raises(ForecastingError, match="Nothing was learned"):
        fitting.learner.finish()

    for _ in fitting.epochs():
        break

    assert np.isfinite(fitting.finish().forecast(WEEKS).mean).all()


def test_it_stops_when_nothing_gets_better() -> None:
    model = fit(WEEKS, "qwen", learning_rate=1e-9, max_epochs=9, patience=1)

    assert any("no improvement" in note for note in model.manifest.notes)


def test_a_time_limit_ends_the_fine_tuning(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 100_000, 2))
    monkeypatch.setattr(
        "shared.forecasting.language.learner.time.monotonic", lambda: float(next(clock))
    )
    fitting = Fitting(
        WEEKS, Recipe("qwen", 7, hyperparameters=quick("qwen", seconds=20, max_epochs=500))
    )

    assert len(list(fitting.epochs())) < 5
