"""The family of networks: what they share in learning, forecasting and being stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shared.forecasting.alike import filled
from shared.forecasting.devices import best_device
from shared.forecasting.errors import InvalidArtifact
from shared.forecasting.hyperparameters import checked
from shared.forecasting.manifest import Manifest
from shared.forecasting.memory import require_learning
from shared.forecasting.network.body import Body
from shared.forecasting.network.encoder import Encoding
from shared.forecasting.network.encoding import (
    choose_head,
    encoding_of,
    id_codes,
    learned_values,
    standardise,
)
from shared.forecasting.network.form import NetworkHyperparameters
from shared.forecasting.network.graphs import quickest
from shared.forecasting.network.learner import LONGEST_LEARN_ON, Training
from shared.forecasting.network.windows import Source, Windows, WindowShape, forecast_windows
from shared.forecasting.panel import Index, Panel
from shared.forecasting.randomness import uniforms
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Algorithm, Family, Problem

ROWS = 16_384  # series x paths decoded at once


class NetworkForecaster:
    """A trained network that draws sample paths."""

    def __init__(self, body: Body, vocabulary: dict[str, tuple[str, ...]]) -> None:
        self.body = body.eval()
        self.vocabulary = vocabulary
        self.device = next(body.parameters()).device
        self.decode = quickest(self.body)
        self._source: tuple[Panel, Source] | None = None

    def draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        """Return sampled futures (series, paths, horizon), each series by itself."""
        out = np.empty((len(series), paths, horizon), np.float32)
        size = max(1, ROWS // paths)
        for at in range(0, len(series), size):
            part = slice(at, at + size)
            out[part] = self._draw(panel, series[part], starts[part], horizon, paths, seed)
        return out

    @torch.inference_mode()
    def _draw(
        self, panel: Panel, series: Index, starts: Index, horizon: int, paths: int, seed: int
    ) -> NDArray[np.float32]:
        trained = self.body.window
        steps = -(-horizon // trained.patch) * trained.patch
        shape = WindowShape(trained.context, steps, trained.patch, trained.lags)
        source = self._prepared(panel)
        read = filled(len(series), self.body.network.positions(trained.context), self.device)
        drawn = filled(paths, 1, self.device)  # the paths of a series are rows of one product
        some = np.resize(np.arange(len(series)), read)
        windows = forecast_windows(panel, source, series[some], starts[some], shape, horizon)
        scaled = self.body.encoder(windows.to(self.device))
        hashes = torch.from_numpy(panel.hashes[series]).to(self.device)
        uniform = uniforms(seed, hashes, paths=drawn, horizon=steps, draws=self.body.head.draws)
        return self.decode(scaled, uniform)[:, :paths, :horizon].cpu().numpy()

    def _prepared(self, panel: Panel) -> Source:
        """Return the panel as tensors; remembered, because most calls repeat the panel."""
        remembered = self._source  # read once: another thread may replace it meanwhile
        if remembered is None or remembered[0] is not panel:
            codes = id_codes(panel, self.vocabulary)
            remembered = (panel, Source(panel, codes, torch.device("cpu")))
            self._source = remembered
        return remembered[1]

    def state(self) -> dict[str, Tensor]:
        """Return the weights."""
        return {name: part.cpu().contiguous() for name, part in self.body.state_dict().items()}

    def settings(self) -> dict[str, Any]:
        """Return the encoding."""
        return {"encoding": asdict(self.body.encoder.encoding), "head": self.body.head.name}

    def write(self, folder: Path) -> list[Path]:
        """Write nothing: the tensors and the manifest say it all."""
        return []


class NetworkLearner:
    """A network at work on one problem."""

    completing_share = LONGEST_LEARN_ON

    def __init__(self, algorithm: Algorithm, problem: Problem) -> None:
        settings = problem.hyperparameters
        if not isinstance(settings, NetworkHyperparameters):
            raise TypeError("a network's hyper-parameters extend NetworkHyperparameters")
        device = best_device()
        panel = problem.panel
        learned = learned_values(problem)
        head = choose_head(settings.head, learned)
        self.vocabulary = {name: panel.id_labels[place] for place, name in enumerate(panel.ids)}
        encoding = encoding_of(problem, head, learned)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(problem.recipe.seed)
            body = Body(
                algorithm,
                settings,
                encoding,
                head=head,
                context=problem.context_length,
                horizon=problem.recipe.horizon,
            )
        standardise(body.encoder, problem)
        source = Source(panel, id_codes(panel, self.vocabulary), device)
        self.training = Training(body.to(device), source, problem)
        self._require_memory(body, device)
        weights = sum(part.numel() for part in body.parameters())
        problem.notes.append(
            f"{weights:,} weights, context {body.window.context} steps, head {head}, "
            f"lags {', '.join(map(str, body.window.lags)) or 'none'}, on {device}."
        )

    def _require_memory(self, body: Body, device: torch.device) -> None:
        with torch.random.fork_rng(devices=[]):
            one = self.training.drawn(1).to(torch.device("cpu"))
        require_learning(body, _read, one, self.training.together, device)

    def epochs(self) -> Iterator[Epoch]:
        """Learn, yielding after each epoch."""
        return self.training.epochs()

    @property
    def taken(self) -> int:
        """Return the steps that the best epoch took."""
        return self.training.best_taken

    def finish(self) -> NetworkForecaster:
        """Return the network of the best epoch."""
        return NetworkForecaster(self.training.restore(), self.vocabulary)

    def complete(self) -> NetworkForecaster:
        """Return that network after it has learned a little from the latest values too."""
        return NetworkForecaster(self.training.learn_on(), self.vocabulary)


def _read(body: nn.Module, windows: Windows) -> object:
    return body(windows, cast(Body, body).encoder(windows))


class NetworkFamily:
    """Networks trained by gradient descent that forecast by sampling."""

    name = "network"

    def start(self, algorithm: Algorithm, problem: Problem) -> NetworkLearner:
        """Prepare to learn.

        Raises:
            Invalid: the head does not suit the data.
        """
        return NetworkLearner(algorithm, problem)

    def restore(
        self, algorithm: Algorithm, manifest: Manifest, state: dict[str, Tensor], folder: Path
    ) -> NetworkForecaster:
        """Rebuild the network and load its weights.

        Raises:
            InvalidArtifact: the weights do not fit the manifest.
        """
        stored: dict[str, Any] = {
            name: tuple(part) if isinstance(part, list) else part
            for name, part in manifest.settings["encoding"].items()
        }
        encoding = Encoding(**stored)
        body = Body(
            algorithm,
            checked(algorithm.hyperparameters, manifest.hyperparameters),
            encoding,
            head=manifest.settings["head"],
            context=manifest.context_length,
            horizon=manifest.horizon,
        )
        try:
            body.load_state_dict(state)
        except RuntimeError as error:
            raise InvalidArtifact(f"The weights do not fit the manifest: {error}") from error
        return NetworkForecaster(body.to(best_device()), dict(manifest.vocabulary))


NETWORK: Family = NetworkFamily()
