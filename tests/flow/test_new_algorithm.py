"""A new algorithm is one new file: it shows in the API and can be trained and used."""

from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.system import running
from tests.flow.sources import SAMPLE, training

pytestmark = pytest.mark.flow

FILE = '''
import torch
from torch import Tensor, nn

from shared.forecasting.hyperparameters import parameter
from shared.forecasting.network import NETWORK, Network, NetworkHyperparameters, Shape
from shared.forecasting.register import register


class GRUHyperparameters(NetworkHyperparameters):
    hidden_size: int = parameter(
        16, ge=4, le=256, title="Hidden size", title_zh="隐藏单元数",
        text="How much it remembers.", text_zh="记忆容量。",
    )


@register(
    title="GRU", title_zh="门控循环单元", summary_zh="一个小型循环网络。",
    family=NETWORK, hyperparameters=GRUHyperparameters,
)
class GRU(Network):
    """A small recurrent network."""

    def __init__(self, hyperparameters: GRUHyperparameters, shape: Shape) -> None:
        super().__init__()
        self.width = hyperparameters.hidden_size
        self.gru = nn.GRU(shape.inputs, self.width, batch_first=True)

    def forward(self, inputs: Tensor, mask: Tensor) -> Tensor:
        return self.gru(inputs)[0]

    def prefill(self, inputs: Tensor, mask: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        hidden, last = self.gru(inputs)
        return hidden[:, -1:], last[0]

    def step(self, state: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
        hidden, last = self.gru(inputs, state[None].contiguous())
        return hidden, last[0]
'''


def test_a_dropped_in_file_is_listed_trained_and_used(tmp_path: Path) -> None:
    folder = tmp_path / "algorithms"
    folder.mkdir()
    (folder / "little_gru.py").write_text(FILE)
    environment = {"SHELFCAST_ALGORITHMS": str(folder)}

    with running(tmp_path / "data", environment) as system:
        names = [algorithm["name"] for algorithm in system.get("/algorithms")["items"]]
        assert "little_gru" in names
        request: dict[str, Any] = training(SAMPLE.make(system), SAMPLE)
        request |= {"algorithm": "little_gru", "hyperparameters": {}}
        done = system.wait_for(system.post("/training", request))

        assert done["status"] == "succeeded", done["error"]
        forecast = system.post("/prediction", {"model": done["model"]})
        assert forecast["algorithm"] == "little_gru"
