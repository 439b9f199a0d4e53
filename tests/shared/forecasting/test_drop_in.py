"""A new algorithm is one new file: dropped into a folder, it is listed, learned and tested."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

SMALL = '''
"""A moving average of the inputs, small enough to read at a glance."""

from torch import nn

from shared.forecasting.hyperparameters import parameter
from shared.forecasting.network import NETWORK, Network, NetworkHyperparameters
from shared.forecasting.register import register


class LevelHyperparameters(NetworkHyperparameters):
    hidden_size: int = parameter(
        8, ge=1, le=64, title="Size", title_zh="大小",
        text="Numbers per step.", text_zh="每步的数值个数。",
    )


@register(
    title="Level",
    title_zh="水平",
    summary_zh="只看最近一步的最小网络。",
    family=NETWORK,
    hyperparameters=LevelHyperparameters,
)
class Level(Network):
    """Looks at the latest step alone."""

    def __init__(self, hyperparameters, shape):
        super().__init__()
        self.width = hyperparameters.hidden_size
        self.read = nn.Sequential(nn.Linear(shape.inputs, self.width), nn.ReLU())

    def forward(self, inputs, mask):
        return self.read(inputs)

    def prefill(self, inputs, mask, steps):
        return self.read(inputs[:, -1:]), ()

    def step(self, state, inputs):
        return self.read(inputs), state
'''


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SHELFCAST_ALGORITHMS": str(folder)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "level.py").write_text(SMALL)
    return tmp_path


def test_a_dropped_in_file_is_listed_in_the_catalogue(folder: Path) -> None:
    answer = python(folder, "-m", "shared.forecasting.catalogue")

    entries = {entry["name"]: entry for entry in json.loads(answer.stdout)}
    assert entries["level"]["title"] == "Level"
    assert entries["level"]["available"] is True
    assert "hidden_size" in entries["level"]["hyperparameters"]["properties"]
    assert "lstm" in entries


def test_a_dropped_in_file_keeps_every_promise(folder: Path) -> None:
    suites = [str(suite) for suite in Path(__file__).parent.glob("test_every_*.py")]

    answer = python(folder, "-m", "pytest", *suites, "-q", "-k", "level", "-p", "no:cacheprovider")

    assert answer.returncode == 0, answer.stdout[-3000:]
    assert " passed" in answer.stdout


def test_a_file_that_breaks_a_promise_is_caught(folder: Path) -> None:
    (folder / "level.py").write_text(
        SMALL.replace("最小网络", "x").replace("只看最近一步的x。", "x")
    )
    suite = Path(__file__).with_name("test_every_algorithm.py")

    answer = python(
        folder,
        "-m",
        "pytest",
        str(suite),
        "-q",
        "-k",
        "level and languages",
        "-p",
        "no:cacheprovider",
    )

    assert answer.returncode == 1
    assert "test_it_says_in_both_languages_what_it_is[level]" in answer.stdout


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    answer = python(tmp_path / "nowhere", "-m", "shared.forecasting.catalogue")

    assert answer.returncode != 0
    assert "is not a folder" in answer.stderr
