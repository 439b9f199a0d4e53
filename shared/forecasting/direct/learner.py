"""How a direct network learns: windows drawn by index, a step size that ends in time."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from shared.forecasting import quantile_paths
from shared.forecasting.devices import best_device
from shared.forecasting.direct.body import DirectBody, pinball
from shared.forecasting.direct.forecaster import DirectForecaster
from shared.forecasting.direct.form import DirectHyperparameters
from shared.forecasting.errors import Diverged, ForecastingError
from shared.forecasting.memory import require_learning
from shared.forecasting.metrics import wql
from shared.forecasting.network.encoding import encoding_of, id_codes, learned_values, standardise
from shared.forecasting.network.windows import Source, WindowShape, whole_calendar
from shared.forecasting.panel import Index
from shared.forecasting.quantile_paths import Array
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Algorithm, Problem
from shared.forecasting.validation import actual_values, places

HEAD = "quantiles"
ID_DROPOUT = 0.1
GRADIENT_NORM = 1.0
WEIGHT = 0.5  # a window counts as its scale to this power
LONGEST_CONTEXT = 336
HEAD_START = 0.15  # share of the time
LATE = 0.63  # share of the way at which the step size is three tenths


class DirectLearner:
    """A direct network at work on one problem."""

    completing_share = 0.5

    def __init__(self, algorithm: Algorithm, problem: Problem) -> None:
        settings = problem.hyperparameters
        if not isinstance(settings, DirectHyperparameters):
            raise TypeError("a direct network's hyper-parameters extend DirectHyperparameters")
        self.algorithm, self.problem, self.settings = algorithm, problem, settings
        panel, horizon = problem.panel, problem.recipe.horizon
        self.context = context_of(problem)
        self.vocabulary = {name: panel.id_labels[at] for at, name in enumerate(panel.ids)}
        self.source = Source(panel, id_codes(panel, self.vocabulary), best_device())
        self.encoding = encoding_of(problem, HEAD, learned_values(problem))
        self.window = WindowShape(self.context, horizon, 1, self.encoding.lags)
        self.calendar = whole_calendar(self.source, panel, self.window)
        self._require_memory()
        self.taken = 0  # steps, until the best epoch
        self.best: dict[str, Tensor] | None = None
        self.deciles: Array | None = None

    def _body(self) -> DirectBody:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.problem.recipe.seed)
            body = DirectBody(
                self.algorithm,
                self.settings,
                self.encoding,
                context=self.context,
                horizon=self.problem.recipe.horizon,
            )
        standardise(body.encoder, self.problem)
        return body.to(self.source.device)

    def _require_memory(self) -> None:
        series = torch.from_numpy(np.flatnonzero(np.diff(self.problem.panel.offsets))[:1])
        stop = torch.from_numpy(self.problem.panel.stops)[series].to(self.source.device)
        one = self.source.cut(series.to(stop.device), stop, stop, self.window, self.calendar)
        batch = self.settings.batch_size
        require_learning(
            self._body(),
            lambda body, some: body(some),
            one.to(torch.device("cpu")),
            batch,
            self.source.device,
        )

    def epochs(self) -> Iterator[Epoch]:
        """Learn, yielding after each epoch.

        Raises:
            Diverged: the loss became NaN or infinite before the first epoch was complete.
        """
        settings, began = self.settings, time.monotonic()
        self.began = self.problem.pace.seconds() if settings.seconds else 0.0
        self.body = self._body()
        work = Work(self, self.body, self.problem.train_stops)
        total = settings.max_epochs * settings.batches_per_epoch
        lowest = math.inf
        for number in range(1, settings.max_epochs + 1):
            started = time.monotonic()
            work.seed(number)
            try:
                train_loss = self._train(work, total)
            except Diverged as error:
                if self.best is None:
                    raise
                self.problem.notes.append(f"{error} The best epoch before {number} is kept.")
                return
            loss = self._validate()
            seen = train_loss if loss is None else loss
            better = seen < lowest
            if better:
                lowest, self.taken = seen, work.steps
                state = self.body.state_dict()
                self.best = {name: part.detach().clone() for name, part in state.items()}
            now = time.monotonic()
            eta = (now - began) / number * (settings.max_epochs - number)
            yield Epoch(number, settings.max_epochs, train_loss, loss, better, now - started, eta)
            if self._elapsed() >= 1:
                return

    def _train(self, work: Work, total: int) -> float:
        """Take the steps of an epoch and return their mean loss."""
        losses = []
        for _ in range(self.settings.batches_per_epoch):
            losses.append(work.step(max(work.steps / total, self._elapsed())))
            if self._elapsed() >= 1:
                break
        return float(np.mean(losses))

    def _elapsed(self) -> float:
        """Return the share of the time that is gone, of what is not for learning once more.

        Nothing counts at first, so that where there is time enough only the steps decide.
        """
        limit = self.settings.seconds / (1 + self.completing_share)
        gone = (self.problem.pace.seconds() - self.began) / limit if limit else 0.0
        return max(0.0, (gone - HEAD_START) / (1 - HEAD_START))

    def _validate(self) -> float | None:
        problem = self.problem
        if not problem.origins:
            return None
        panel = problem.panel.changed(fill=dict.fromkeys(problem.panel.known, "last"))
        series, starts = places(panel, problem.origins)
        horizon = problem.recipe.horizon
        forecaster = DirectForecaster(self.body, self.vocabulary)
        found = forecaster.quantiles(panel, series, starts, horizon)
        actual = actual_values(panel, series, starts, horizon)
        self.dependence = quantile_paths.dependence(found, actual)
        self.body.train()
        return wql(actual, found)

    dependence = quantile_paths.USUAL_DEPENDENCE

    def finish(self) -> DirectForecaster:
        """Return the network of the best epoch.

        Raises:
            ForecastingError: no epoch was complete.
        """
        if self.best is None:
            raise ForecastingError("Nothing was learned: stopped before the first epoch ended.")
        self.body.load_state_dict(self.best)
        return DirectForecaster(self.body, self.vocabulary, self.dependence)

    def complete(self) -> DirectForecaster:
        """Return that network after some smaller steps more, now with the latest values too."""
        body = self._body()
        body.load_state_dict(self.body.state_dict())
        work = Work(self, body, self.problem.panel.stops)
        work.seed(0)
        steps = int(self.completing_share * self.taken)
        for step in range(steps):
            work.step(LATE + (1 - LATE) * step / steps)
        return DirectForecaster(body, self.vocabulary, self.dependence)


def context_of(problem: Problem) -> int:
    """Return how many steps are read: what was asked for, or two horizons and some seasons."""
    asked = problem.recipe.context_length
    longest = int((problem.train_stops - problem.panel.offsets[:-1]).max())
    clock, horizon = problem.panel.clock, problem.recipe.horizon
    usual = max(2 * horizon, clock.context, min(7 * clock.season, LONGEST_CONTEXT))
    return max(1, min(asked or min(usual, LONGEST_CONTEXT), longest))


class Work:
    """A network, its optimizer and the windows it may learn from."""

    def __init__(self, learner: DirectLearner, body: DirectBody, stops: Index) -> None:
        self.body, self.source, self.settings = body, learner.source, learner.settings
        self.calendar = learner.calendar
        self.root, self.steps = learner.problem.recipe.seed, 0
        offsets = learner.problem.panel.offsets[:-1]
        length = stops - offsets
        room = np.maximum(1, length - body.window.horizon)
        low = offsets + np.minimum(body.window.context // 2 + 1, room)
        counts = np.where(length >= 2, np.maximum(stops - low - body.window.horizon, 0) + 1, 0)
        device = self.source.device
        self.series = torch.from_numpy(np.flatnonzero(counts)).to(device)
        self.low = torch.from_numpy(low).to(device)
        self.counts = torch.from_numpy(counts).to(device)
        self.stops = torch.from_numpy(stops).to(device)
        self.ends = torch.from_numpy(np.cumsum(counts[counts > 0])).to(device)
        self.optimizer = torch.optim.AdamW(
            body.parameters(), lr=self.settings.learning_rate, weight_decay=1e-4, fused=True
        )
        self.random = torch.Generator()  # of the seeds of each step, wherever they are used

    def seed(self, number: int) -> None:
        """Begin the chance of an epoch, whatever happened before."""
        self.random.manual_seed(self.root * 100_003 + number)

    def step(self, done: float) -> float:
        """Take one step at this share of the way and return the loss.

        Raises:
            Diverged: it is NaN or infinite; the step was not taken.
        """
        rate = self.settings.learning_rate * (
            0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**31, (), generator=self.random)))
            loss = self._loss()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.body.parameters(), GRADIENT_NORM)
        if not bool(torch.isfinite(loss.detach() + norm)):
            raise Diverged(
                "The loss became NaN or infinite; the step was not taken. Try a lower learning "
                "rate.",
                field="/hyperparameters/learning_rate",
            )
        self.optimizer.step()
        self.steps += 1
        return float(loss.detach())

    def _loss(self) -> Tensor:
        batch, device = self.settings.batch_size, self.source.device
        drawn = (torch.rand(batch, device=device, dtype=torch.float64) * self.ends[-1]).long()
        place = torch.searchsorted(self.ends, drawn, right=True)
        series = self.series[place]
        origin = self.low[series] + drawn - (self.ends[place] - self.counts[series])
        windows = self.source.cut(
            series, origin, self.stops[series], self.body.window, self.calendar
        )
        drop = torch.rand(windows.ids.shape, device=device) < ID_DROPOUT
        deciles, loc, scale = self.body(windows, drop)
        value = (windows.target[:, self.body.window.context :] - loc[:, None]) / scale[:, None]
        seen = ~torch.isnan(value)
        losses = pinball(deciles, torch.nan_to_num(value, nan=0.0).clamp(-30, 30))
        weight = (scale / scale.mean()) ** WEIGHT
        weight = weight[:, None] * seen
        return (losses * weight).sum() / weight.sum().clamp(min=1e-6)
