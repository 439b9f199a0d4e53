"""Which base models can be used, and what is said of those that cannot."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from shared.forecasting import ALGORITHMS, Fitting, Invalid, NotEnoughMemory, Recipe, Unavailable
from shared.forecasting import memory as memory_of
from shared.forecasting.language import base as base_of
from shared.forecasting.language.base import TINY, find, load, names
from shared.forecasting.language.family import same_base
from shared.forecasting.language.text import read
from tests.shared.forecasting.language.bases import REAL, checkpoint
from tests.shared.forecasting.samples import fit, series_panel

PANEL = series_panel([float(one % 7) for one in range(60)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHELFCAST_QWEN_BASES", str(tmp_path))
    return tmp_path


def test_the_small_model_comes_with_the_program_and_is_small() -> None:
    base = find(TINY)

    assert (base.kind, base.parameters < 1_000_000) == ("qwen3", True)
    assert sum(path.stat().st_size for path in base.folder.iterdir()) <= 4_000_000
    assert not [path for path in base.folder.iterdir() if path.suffix == ".bin"]


def test_the_form_offers_the_models_of_the_deployment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint(folder / "Qwen3-0.6B")
    (folder / ".cache").mkdir()
    _config(model_type="llama")(checkpoint(folder / "Llama"))
    joined = checkpoint(folder / "Joined") / "tokenizer.json"
    read_from = json.loads(joined.read_text())
    read_from["model"]["vocab"]["77"] = read_from["model"]["vocab"].pop("7")
    joined.write_text(json.dumps(read_from))
    monkeypatch.setenv("SHELFCAST_QWEN_HUB", "Qwen/Qwen2.5-0.5B, ")

    schema = ALGORITHMS["qwen"].hyperparameters.model_json_schema()

    assert schema["properties"]["base"]["enum"] == [TINY, "Qwen3-0.6B", "Qwen/Qwen2.5-0.5B"]
    said = schema["properties"]["base"]["description_zh"]
    assert "The base model 'Llama' is a 'llama' model" in said
    assert "The base model 'Joined': The base model's tokenizer does not know '7'" in said
    assert ".cache" not in names()


def test_a_name_that_is_not_offered_is_refused() -> None:
    for name in ("../../etc", "/tmp", "Qwen/Qwen3-0.6B"):
        with pytest.raises(Invalid, match="choose one of shelfcast-tiny") as refused:
            Fitting(PANEL, Recipe("qwen", 7, hyperparameters={"base": name}))
        assert refused.value.field == "/hyperparameters/base"


@pytest.mark.parametrize("kind", ["qwen2", "qwen3"])
def test_a_local_qwen_checkpoint_is_fine_tuned_and_named(folder: Path, kind: str) -> None:
    checkpoint(folder / "local", kind)

    model = fit(PANEL, "qwen", base="local")

    assert model.manifest.settings["base"] == {"name": "local", "digest": find("local").digest}
    assert any(f"Made from local, a {kind} model" in note for note in model.manifest.notes)


def _config(**values: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_config(model_type="llama"), "is a 'llama' model: use Qwen2, Qwen2.5 or Qwen3"),
        (_config(use_sliding_window=True), "sliding window"),
        (_config(quantization_config={"bits": 4}), "is quantized"),
        (_pickled, "only pickled weights, which can run code"),
        (_without("model.safetensors"), "has no weights"),
        (_without("tokenizer.json"), "has no tokenizer.json"),
        (_without("config.json"), "has no readable config.json"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_in_words(
    folder: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(checkpoint(folder / "local"))

    with pytest.raises(Invalid, match=said) as refused:
        Fitting(PANEL, Recipe("qwen", 7, hyperparameters={"base": "local"}))

    assert refused.value.field == "/hyperparameters/base"


def test_a_checkpoint_that_lacks_weights_is_not_filled_up_with_chance(folder: Path) -> None:
    path = checkpoint(folder / "local")
    whole = load_file(path / "model.safetensors")
    lost = ["lm_head.weight", "model.layers.1.mlp.up_proj.weight"]
    save_file(
        {name: part for name, part in whole.items() if name not in lost},
        path / "model.safetensors",
        {"format": "pt"},
    )

    with pytest.raises(Invalid, match=f"is incomplete: its files lack {', '.join(lost)}"):
        load(find("local"), torch.device("cpu"))


def test_a_head_that_is_the_table_of_words_need_not_be_stored(folder: Path) -> None:
    path = checkpoint(folder / "local", tie_word_embeddings=True)

    assert "lm_head.weight" not in load_file(path / "model.safetensors")
    load(find("local"), torch.device("cpu"))


def test_code_in_a_checkpoint_is_not_run(folder: Path) -> None:
    path = checkpoint(folder / "local")
    _config(auto_map={"AutoModelForCausalLM": "evil.Evil"})(path)
    (path / "evil.py").write_text("raise SystemExit('ran')")

    network, _ = load(find("local"), torch.device("cpu"))

    assert type(network).__name__ == "Qwen3ForCausalLM"


def test_too_little_memory_is_said_before_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_of, "available", lambda device: 2**20)

    with pytest.raises(NotEnoughMemory, match=r"needs about \d MB of memory, and 1 MB are free"):
        load(find(TINY), torch.device("cpu"))


def test_a_model_of_the_hub_is_taken_from_what_was_fetched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("SHELFCAST_QWEN_HUB", "Qwen/Some-0.5B, Qwen/Other-0.5B")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    fetched = _fetched(folder / "models--Qwen--Some-0.5B")

    base = find("Qwen/Some-0.5B")

    assert base.folder == fetched
    assert base.stored()["revision"] == COMMIT
    with pytest.raises(Unavailable, match=r"'Qwen/Other-0\.5B' cannot be fetched") as refused:
        find("Qwen/Other-0.5B")
    assert refused.value.field == "/hyperparameters/base"


COMMIT = "a1" * 20


def _fetched(folder: Path) -> Path:
    """Lay a model down as the hub's client does."""
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT)
    return checkpoint(folder / "snapshots" / COMMIT)


def test_a_model_of_the_hub_stays_what_it_was_made_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("SHELFCAST_QWEN_HUB", "Qwen/Some-0.5B")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hub"))
    hub = folder / "hub" / "models--Qwen--Some-0.5B"
    _fetched(hub)
    stored = find("Qwen/Some-0.5B").stored()
    checkpoint(hub / "snapshots" / ("b2" * 20), seed=1)
    (hub / "refs" / "main").write_text("b2" * 20)

    assert find("Qwen/Some-0.5B").digest != stored["digest"]
    assert same_base(stored).digest == stored["digest"]
    shutil.rmtree(hub)
    with pytest.raises(Unavailable, match="cannot be fetched"):
        same_base(stored)


def test_the_weights_of_another_kind_of_model_are_not_fetched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("SHELFCAST_QWEN_HUB", "Some/Llama")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # more than is there cannot be had
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hub"))
    fetched = _fetched(folder / "hub" / "models--Some--Llama")
    _config(model_type="llama")(fetched)
    (fetched / "model.safetensors").unlink()

    with pytest.raises(Invalid, match="is a 'llama' model: use Qwen2"):
        find("Some/Llama")


def test_a_deployment_can_choose_what_forms_begin_with() -> None:
    asked = (
        "from shared.forecasting import ALGORITHMS\n"
        "form = ALGORITHMS['qwen'].hyperparameters\n"
        "print(form.model_json_schema()['properties']['base']['default'], form().base)"
    )

    said = subprocess.run(
        [sys.executable, "-c", asked],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "SHELFCAST_QWEN_BASE": "Qwen3-0.6B"},
    ).stdout

    assert said.strip() == "Qwen3-0.6B Qwen3-0.6B"


def test_a_model_made_from_an_older_small_model_still_finds_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = find(TINY).stored()
    shutil.copytree(find(TINY).folder, folder / "tiny-9")
    checkpoint(folder / "tiny-10", seed=2)
    monkeypatch.setattr(base_of, "SHIPPED", folder)

    assert find(TINY).folder.name == "tiny-10"
    assert same_base(stored).folder.name == "tiny-9"


def test_qwens_own_tokenizer_and_all_of_its_rows_are_fine_tuned_and_told_in_chinese(
    folder: Path,
) -> None:
    checkpoint(folder / "real", "qwen2", vocab_size=151_936, tie_word_embeddings=True)
    shutil.copyfile(REAL / "tokenizer.json", folder / "real" / "tokenizer.json")

    model = fit(PANEL, "qwen", base="real", language="zh", digits=3)

    text = model.forecast(PANEL, horizon=3).texts[0]
    assert text.told.startswith("零售销量，一步1天。 一个周期为7步。")
    assert len(read(text.wrote, 3)) == 3


def test_the_digest_changes_with_any_file(folder: Path) -> None:
    path = checkpoint(folder / "local")
    before = find("local").digest

    (path / "tokenizer.json").write_text((path / "tokenizer.json").read_text() + "\n")

    assert find("local").digest != before


def test_other_algorithms_do_not_wait_for_the_libraries_of_language_models() -> None:
    asked = "import sys, shared.forecasting; print({'transformers', 'peft'} & set(sys.modules))"

    said = subprocess.run(
        [sys.executable, "-c", asked], check=True, capture_output=True, text=True
    ).stdout

    assert said.strip() == "set()"
