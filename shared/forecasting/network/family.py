"""The family of networks: what they share in learning, forecasting and being stored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shared.forecasting.calendar_features import calendar_width, unfamiliar
from shared.forecasting.devices import best_device
from shared.forecasting.errors import Invalid, InvalidArtifact
from shared.forecasting.heads import HEADS
from shared.forecasting.hyperparameters import checked
from shared.forecasting.manifest import Manifest
from shared.forecasting.memory import require_learning
from shared.forecasting.network.body import Body, patch_of
from shared.forecasting.network.encoder import Encoding
from shared.forecasting.network.form import NetworkHyperparameters
from shared.forecasting.network.graphs import quickest
from shared.forecasting.network.learner import LONGEST_LEARN_ON, Training
from shared.forecasting.network.windows import Source, Windows, WindowShape, forecast_windows
from shared.forecasting.panel import Index, Panel, Values
from shared.forecasting.randomness import uniforms
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Algorithm, Family, Problem

ROWS = 16_384  # series x paths decoded at once
LARGEST_COUNT = 1_000.0
ZEROS = 0.2


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
        windows = forecast_windows(panel, source, series, starts, shape, horizon)
        scaled = self.body.encoder(windows.to(self.device))
        hashes = torch.from_numpy(panel.hashes[series]).to(self.device)
        uniform = uniforms(seed, hashes, paths=paths, horizon=steps, draws=self.body.head.draws)
        return self.decode(scaled, uniform)[..., :horizon].cpu().numpy()

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
        learned = _learned(problem)
        head = choose_head(settings.head, learned)
        self.vocabulary = {name: panel.id_labels[place] for place, name in enumerate(panel.ids)}
        encoding = _encoding(problem, head, learned)
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
        _standardise(body, problem)
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


def id_codes(panel: Panel, vocabulary: dict[str, tuple[str, ...]]) -> Index:
    """Return the place of each id in the learned vocabulary, from 1; 0 where it is unknown."""
    codes = np.zeros((len(panel), len(vocabulary)), np.int64)
    for at, (name, learned) in enumerate(vocabulary.items()):
        if name not in panel.ids:
            continue
        place = {label: code for code, label in enumerate(learned, start=1)}
        labels = panel.id_labels[panel.ids.index(name)]
        mapped = np.array([place.get(label, 0) for label in labels], np.int64)
        codes[:, at] = mapped[panel.id_codes[:, panel.ids.index(name)]]
    return codes


def _learned(problem: Problem) -> Values:
    """Return the observed values that may be learned from."""
    offsets, stops = problem.panel.offsets, problem.train_stops
    rows = np.arange(int(offsets[-1]))
    allowed = rows < np.repeat(stops, np.diff(offsets))
    values = problem.panel.target[allowed]
    return values[~np.isnan(values)]


def choose_head(wanted: str, values: Values) -> str:
    """Return the head to use; `auto` looks at the values.

    Raises:
        Invalid: the head wanted takes no negative values, and there are some.
    """
    lowest = float(values.min()) if len(values) else 0.0
    if wanted != "auto":
        if lowest < 0 and HEADS[wanted].nonnegative:
            raise Invalid(
                f"The head {wanted!r} takes no negative values, but the lowest is {lowest:g}. "
                "Choose student_t or quantiles, or correct the data.",
                field="/hyperparameters/head",
            )
        return wanted
    if lowest < 0 or not len(values):
        return "student_t"
    if float(values.mean()) <= LARGEST_COUNT and bool((values == np.round(values)).all()):
        return "negative_binomial"
    return "tweedie" if float((values == 0).mean()) >= ZEROS else "student_t"


def _encoding(problem: Problem, head: str, values: Values) -> Encoding:
    panel = problem.panel
    lengths = problem.train_stops - panel.offsets[:-1]
    longest = int(lengths.max())
    usual = float(np.abs(values).mean()) if len(values) else 0.0
    floor = usual * 1e-3 or 1.0
    if head == "negative_binomial":
        floor = max(floor, 1 / problem.context_length)
    patch = patch_of(problem.hyperparameters)
    reach = max(1, longest - problem.recipe.horizon)
    return Encoding(
        lags=tuple(lag for lag in panel.clock.lags if patch <= lag <= reach),
        known=_labels(panel, panel.known),
        past=_labels(panel, panel.past),
        static=_labels(panel, panel.static),
        calendar=calendar_width(panel.clock),
        vocabulary=tuple(len(labels) for labels in panel.id_labels),
        centred=HEADS[head].centred,
        floor=floor,
        unfamiliar=unfamiliar(
            panel.clock, int(panel.first.min()), int((panel.first + lengths).max())
        ),
        vectors=True,
    )


def _labels(panel: Panel, names: tuple[str, ...]) -> tuple[int | None, ...]:
    return tuple(len(panel.labels[name]) if name in panel.labels else None for name in names)


def _standardise(body: Body, problem: Problem) -> None:
    """Store the statistics of covariates and of the size of windows in the encoder."""
    panel = problem.panel
    tables = {"known": panel.known_values, "past": panel.past_values, "static": panel.static_values}
    for name, table in tables.items():
        if not table.shape[1]:
            continue
        seen = ~np.isnan(table)
        count = np.maximum(seen.sum(0), 1)
        mean = np.where(seen, table, 0).sum(0, dtype=np.float64) / count
        square = np.where(seen, table - mean, 0).astype(np.float64) ** 2
        deviation = np.sqrt(square.sum(0) / count)
        getattr(body.encoder, f"{name}_mean").copy_(torch.from_numpy(mean))
        usable = np.where(deviation > 1e-6 * np.maximum(np.abs(mean), 1e-6), deviation, 1.0)
        getattr(body.encoder, f"{name}_deviation").copy_(torch.from_numpy(usable))
    sizes = [
        math.log(max(float(np.nanmean(np.abs(part))), 1e-9))
        for start, stop in zip(panel.offsets[:-1], problem.train_stops, strict=True)
        if np.isfinite(part := panel.target[start:stop]).any()
    ]
    if sizes:
        deviation = max(float(np.std(sizes)), 0.5)
        body.encoder.log_scale.copy_(torch.tensor([float(np.mean(sizes)), deviation]))
