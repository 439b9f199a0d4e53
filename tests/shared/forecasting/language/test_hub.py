"""A base model is fetched from a hub by the hub's own client, as far as it can be used."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.shared.forecasting.language.bases import checkpoint
from tests.shared.forecasting.language.hub import COMMIT, Hub, serving

NAME = "Qwen/Some-0.5B"
FIND = """
import torch
from shared.forecasting import ForecastingError
from shared.forecasting.language.base import find, load
try:
    base = find("Qwen/Some-0.5B")
    load(base, torch.device("cpu"))
    print(base.kind, base.revision)
except ForecastingError as error:
    print(type(error).__name__, error)
"""


def found(hub: Hub, cache: Path, prelude: str = "", **more: str) -> str:
    """Return what a process of its own says that has never seen the hub."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment = {
        **known,
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(cache),
        "SHELFCAST_QWEN_HUB": NAME,
        **more,
    }
    command = [sys.executable, "-c", prelude + FIND]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_a_model_is_fetched_once_and_then_used_without_the_hub(tmp_path: Path) -> None:
    model = checkpoint(tmp_path / "model")
    (model / "pytorch_model.bin").write_bytes(b"never fetched")
    with serving({NAME: model}) as hub:
        assert found(hub, tmp_path / "cache") == f"qwen3 {COMMIT}"
        assert {"config.json", "model.safetensors", "tokenizer.json"} <= hub.fetched()
        assert "pytorch_model.bin" not in hub.fetched()

    assert found(hub, tmp_path / "cache", HF_HUB_OFFLINE="1") == f"qwen3 {COMMIT}"


def test_of_another_kind_of_model_only_its_configuration_is_fetched(tmp_path: Path) -> None:
    model = checkpoint(tmp_path / "model")
    settings = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**settings, "model_type": "llama"}))
    with serving({NAME: model}) as hub:
        assert "is a 'llama' model: use Qwen2" in found(hub, tmp_path / "cache")

        assert hub.fetched() == {"config.json"}


def test_a_model_too_large_for_this_device_is_refused_before_its_weights_come(
    tmp_path: Path,
) -> None:
    short = (
        "from shared.forecasting import memory\n"
        "memory.available = lambda device: 2 ** 16\n"
    )  # fmt: skip
    model = checkpoint(tmp_path / "model")
    with serving({NAME: model}) as hub:
        said = found(hub, tmp_path / "cache", short)

    assert said.startswith("NotEnoughMemory The base model 'Qwen/Some-0.5B' needs about")
    assert not list((tmp_path / "cache").rglob("model.safetensors"))


def test_a_name_that_the_hub_does_not_know_is_said(tmp_path: Path) -> None:
    with serving({}) as hub:
        said = found(hub, tmp_path / "cache")

    assert said.startswith("Unavailable The base model 'Qwen/Some-0.5B' cannot be fetched:")
