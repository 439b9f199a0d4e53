"""What the model is told: the words, the covariates, the note; and what it shows of it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from shared.forecasting import FittedModel, Fitting, Invalid, Panel, Recipe, Written
from shared.forecasting.frequency import Frequency
from shared.forecasting.language.header import Ahead, header
from shared.forecasting.language.making import LanguageLearner
from shared.forecasting.language.prompts import tell
from shared.forecasting.language.templates import LANGUAGES, VARIABLE, words
from shared.forecasting.language.text import read
from tests.shared.forecasting.samples import (
    HORIZON,
    filled,
    fit,
    frame,
    panel_of,
    quick,
    series_panel,
)

Fitted = Callable[[str], FittedModel]


def told(model: FittedModel, panel: Panel, place: int = 0) -> Written:
    return model.forecast(panel, series=[place]).texts[0]


def telling(panel: Panel, *, holidays: str = "", **settings: object) -> str:
    """Return what a model with these settings would be told about the first series."""
    settings = quick("qwen", **settings)
    fitting = Fitting(panel, Recipe("qwen", HORIZON, hyperparameters=settings, holidays=holidays))
    learner, panel = fitting.learner, fitting.panel
    assert isinstance(learner, LanguageLearner)
    first, start = np.array([0]), np.array([panel.end(0) + 1])
    return tell(panel, first, start, HORIZON, learner.manner, learner.tuning.vocabulary).text(0)


@pytest.mark.parametrize("paths", [3, 4, 12])
def test_what_the_model_wrote_is_shown_and_is_its_first_path(
    panel: Panel, fitted: Fitted, paths: int
) -> None:
    model = fitted("qwen")

    start = np.array([panel.end(0) + 1])
    drawn, texts = model.forecaster.tell(  # type: ignore[attr-defined]
        filled(panel), np.array([0]), start, HORIZON, paths, 0
    )
    text: Written = texts[0]

    assert text.told.startswith("Retail sales, a step is 1 days. One season is 7 steps.")
    assert "The forecast starts on Tuesday, month 4, day 30" in text.told
    assert model.forecast(filled(panel), series=[0], paths=paths).texts == [text]
    stands_for = text.lowest + text.step * read(text.wrote, 2)
    np.testing.assert_allclose(drawn[0, 0], stands_for, atol=0.501 * text.step)


def test_known_covariates_of_the_horizon_are_told_one_digit_per_step(
    panel: Panel, fitted: Fitted
) -> None:
    rows = [
        {"store_id": "S0", "product_id": "P0", "date": day, "promotion": one, "price": 9 - one}
        for one, day in enumerate(panel.dates(0, panel.end(0) + 1, panel.end(0) + 3).tolist())
    ]

    text = told(fitted("qwen"), filled(panel).with_future(rows))

    assert "promotion ahead: 0999999." in text.told  # the last one is held
    assert "price ahead: 4000000." in text.told


def test_a_covariate_that_stays_is_told_in_one_digit_and_one_that_rests_not_at_all() -> None:
    rows = {
        "rising": [0, 4, 9],
        "staying": [7, 7, 7],
        "resting": [0, 0, 0],
        "unknown": [-1, -1, -1],
    }
    ahead = [Ahead(name, np.array(digits)) for name, digits in rows.items()]

    text = header(words("en"), "retail", Frequency.parse("D"), datetime(2024, 5, 1), ahead)

    assert "hour 0. rising ahead: 049. staying ahead: 7. Numbers:" in text


def test_public_holidays_of_the_horizon_are_told() -> None:
    panel = series_panel(np.arange(60.0), start="2023-12-08")

    assert "holiday ahead: 0000999." in telling(panel, holidays="CN")


def test_more_covariates_than_are_told_are_said() -> None:
    data = frame(stores=1, products=1).assign(a=1.0, b=2.0, c=3.0)
    panel = panel_of(data, known=("promotion", "price", "a", "b", "c"))

    fitting = Fitting(panel, Recipe("qwen", HORIZON))

    assert "At most 4 covariates are told, and the first 60 steps of each." in fitting.notes


def test_a_note_is_told_when_training_or_when_asking(panel: Panel, fitted: Fitted) -> None:
    asked = told(fitted("qwen"), filled(panel).changed(note="flu season starts early"))
    line = series_panel(np.arange(60.0))

    assert "Note: flu season starts early Numbers:" in asked.told
    assert "Note: new shop Numbers:" in telling(line, note="new shop")


def test_words_that_the_base_does_not_know_are_said(panel: Panel, fitted: Fitted) -> None:
    ready = filled(panel)

    text = told(fitted("qwen"), ready.changed(note="Flu season: starts 早"))
    plain = told(fitted("qwen"), ready.changed(note="holiday"))
    fitting = Fitting(panel, Recipe("qwen", HORIZON, hyperparameters={"note": "new shop"}))

    assert text.unknown == ("Flu", "早")  # the template says season, starts
    assert plain.unknown == ()
    assert (
        "The base model 'shelfcast-tiny' does not know these words and reads them all alike: new, "
        "shop."
    ) in fitting.notes


def test_labels_that_share_a_digit_are_said() -> None:
    data = frame(stores=1, products=1)
    data["offer"] = [f"kind {one % 11}" for one in range(len(data))]

    fitting = Fitting(panel_of(data, known=("offer",)), Recipe("qwen", HORIZON))

    assert any("Labels are told as one digit" in note for note in fitting.notes)


def test_a_missing_value_has_a_sign_of_its_own() -> None:
    values = np.arange(60.0)
    values[-3] = np.nan

    assert ",xx," in telling(series_panel(values))


def test_the_header_can_be_chinese_and_of_another_kind() -> None:
    text = telling(series_panel(np.arange(60.0), "h"), language="zh", kind="electricity")

    assert text.startswith("用电量，一步1小时。 一个周期为24步。 预测从星期三开始，1月3日12时。")


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_have_all_words(language: str) -> None:
    assert len(words(language)["weekday"]["names"]) == 7


def test_a_user_can_write_other_words_and_a_model_remembers_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = (Path(words.__code__.co_filename).parent / "en.toml").read_text()
    (tmp_path / "en.toml").write_text(plain.replace("Retail sales", "What our shops sell"))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    panel = series_panel(np.arange(60.0))
    model = fit(panel, "qwen")
    monkeypatch.delenv(VARIABLE)

    assert told(model, panel).told.startswith("What our shops sell, a step is 1 days.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "en.toml cannot be read"),
        ("[kind]\nretail = 1", r"en.toml lacks the text \[kind\] retail"),
        ("= 3", "en.toml cannot be read"),
    ],
)
def test_words_that_cannot_be_used_are_refused(
    text: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    if text is not None:
        (tmp_path / "en.toml").write_text(text)

    with pytest.raises(Invalid, match=said):
        words("en")


@pytest.mark.parametrize("brace", ["{reason}", "{season.real.why}", "{", "{0}"])
def test_a_brace_that_nobody_fills_in_is_refused(
    brace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = (Path(words.__code__.co_filename).parent / "en.toml").read_text()
    (tmp_path / "en.toml").write_text(plain.replace("{season}", brace))
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    with pytest.raises(Invalid, match="A template of the header cannot be filled in"):
        telling(series_panel(np.arange(60.0)))


def test_covariates_can_be_left_out() -> None:
    ready = filled(panel_of(frame(stores=1, products=1)))
    rows = [
        {"store_id": "S0", "product_id": "P0", "date": day, "promotion": one, "price": 9 - one}
        for one, day in enumerate(ready.dates(0, ready.end(0) + 1, ready.end(0) + 3).tolist())
    ]

    with_them, without = (telling(ready.with_future(rows), covariates=one) for one in (True, False))

    assert "promotion ahead" in with_them
    assert "ahead" not in without
