"""The small base model: what it learns from, and that its script makes one that can be used."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator

from shared.forecasting import Fitting, Recipe
from shared.forecasting.language.base import TINY, find
from shared.forecasting.language.exercises import Exercises, ForecastBook
from shared.forecasting.language.generated import generate
from shared.forecasting.language.making import LanguageLearner
from shared.forecasting.language.pretrain import pretrain
from shared.forecasting.language.prompts import spoken
from shared.forecasting.language.scaling import MISSING
from shared.forecasting.language.templates import LANGUAGES, words
from shared.forecasting.language.tokenizer import make
from shared.forecasting.language.vocabulary import Vocabulary
from shared.forecasting.panel import Index
from tests.shared.forecasting.samples import HORIZON, frame, panel_of, quick


def test_its_script_writes_a_base_model_that_can_be_fine_tuned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFCAST_QWEN_BASES", str(tmp_path))

    pretrain(tmp_path / "mine", minutes=0.005)

    made, shipped = find("mine"), find(TINY)
    assert (made.kind, made.parameters, made.window) == ("qwen3", shipped.parameters, 2048)
    assert (made.folder / "tokenizer.json").read_bytes() == (
        shipped.folder / "tokenizer.json"
    ).read_bytes()
    settings = quick("qwen", base="mine", max_epochs=1, batches_per_epoch=1)
    fitting = Fitting(panel_of(frame(1, 1)), Recipe("qwen", HORIZON, hyperparameters=settings))
    assert len(list(fitting.epochs())) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_knows_every_word_of_the_templates(language: str, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    make(tmp_path / "tokenizer.json")
    vocabulary = Vocabulary.of(Tokenizer.from_file(str(tmp_path / "tokenizer.json")))
    found = words(language)
    lines = [text for part in ("kind", "frequency", "line") for text in found[part].values()]
    lines += [*found["weekday"]["names"], spoken("holidays_CN")]

    said = " ".join(re.sub(r"\{\w+\}", " 10 ", text) for text in lines)

    assert len(lines) > 20
    assert vocabulary.strangers(said) == ()
    assert vocabulary.strangers("Nobody knows: 麒 holiday") == ("Nobody", "knows", "麒")


def test_its_series_have_seasons_shifts_trends_and_days_without_sales() -> None:
    values = generate(np.random.default_rng(0), 400, 84, 7).values
    zeros = (values == 0).mean(1)
    scaled = values / (np.nanstd(values, axis=1, keepdims=True) + 1e-12)
    before, after = (np.nanmean(part, axis=1) for part in (scaled[:, :40], scaled[:, 44:]))
    weekly = np.array([_correlation(row, 7) for row in scaled])

    assert 0.1 < (zeros > 0.3).mean() < 0.5  # intermittent
    assert (np.abs(after - before) > 1).mean() > 0.1  # trends and shifts of level
    assert (weekly > 0.6).mean() > 0.2
    assert 0.02 < np.isnan(values).any(1).mean() < 0.3
    assert (np.nanmin(values, axis=1) < 0).any()


def _correlation(row: np.ndarray[tuple[int], np.dtype[np.float64]], lag: int) -> float:
    row = np.nan_to_num(row - np.nanmean(row))
    return float((row[lag:] * row[:-lag]).sum() / max((row * row).sum(), 1e-12))


class Watched(ForecastBook):
    """A book that remembers which windows it drew."""

    def _exercises(
        self, series: Index, rows: Index, stops: Index, random: Generator | None
    ) -> Exercises:
        self.seen = series, rows
        return super()._exercises(series, rows, stops, random)


def test_windows_come_from_all_series_and_from_before_the_validation() -> None:
    panel = panel_of(frame(stores=2, products=2))
    fitting = Fitting(panel, Recipe("qwen", HORIZON, hyperparameters=quick("qwen", digits=5)))
    learner = fitting.learner
    assert isinstance(learner, LanguageLearner)
    book = Watched(learner.problem, learner.manner, learner.tuning.vocabulary, learner.base.window)

    codes = book.draw(np.random.default_rng(0), 200).codes

    series, rows = book.seen
    assert set(series.tolist()) == {0, 1, 2, 3}
    assert len(set(rows.tolist())) > 100
    assert (rows + HORIZON <= learner.problem.train_stops[series]).all()
    assert (codes != MISSING).all()
