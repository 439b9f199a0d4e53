"""How a network learns: windows drawn by index, one pass per batch, early stopping."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from shared.forecasting.devices import reuse_memory
from shared.forecasting.errors import Diverged, ForecastingError
from shared.forecasting.network.body import Body
from shared.forecasting.network.form import NetworkHyperparameters
from shared.forecasting.network.windows import Source, Windows, WindowShape, whole_calendar
from shared.forecasting.panel import Index
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Problem

FEWEST_BATCHES = 20
PASSES = 4  # how often an epoch of a small panel shows each row, about
VALIDATION_WINDOWS = 256
ID_DROPOUT = 0.1
WARM_UP = 0.1
HEAD_START = 0.25  # of a time limit, before the step size follows it
GRADIENT_NORM = 1.0
LEARN_ON = 0.25  # of the steps that were planned
LONGEST_LEARN_ON = 0.5  # of those that were taken
LEARN_ON_RATE = 0.3  # of the learning rate


class Training:
    """One network on one problem: the weights, the windows, the best epoch so far."""

    def __init__(self, body: Body, source: Source, problem: Problem) -> None:
        hyperparameters = problem.hyperparameters
        if not isinstance(hyperparameters, NetworkHyperparameters):
            raise TypeError("a network's hyper-parameters extend NetworkHyperparameters")
        self.body, self.source, self.problem = body, source, problem
        self.settings = hyperparameters
        self.calendar = whole_calendar(source, problem.panel, body.window)
        device = source.device
        reuse_memory()
        starts, counts = _origins(problem, body)
        self.series = torch.from_numpy(np.flatnonzero(counts > 0)).to(device)
        self.starts = torch.from_numpy(starts[counts > 0]).to(device)
        self.ends = torch.from_numpy(np.cumsum(counts[counts > 0])).to(device)
        self.stops = torch.from_numpy(problem.train_stops).to(device)
        self.checks = _checks(problem, device)
        self.best: dict[str, Tensor] | None = None
        self.best_loss = float("inf")
        self.taken = self.best_taken = 0  # steps
        self.began = problem.pace.seconds() if hyperparameters.seconds else 0.0

    @property
    def together(self) -> int:
        """Return how many windows are read at once."""
        batch = self.settings.batch_size
        enough = self.body.network.together * torch.get_num_threads()
        return min(enough, batch) if self.source.device.type == "cpu" else batch

    @property
    def batches(self) -> int:
        """Return how many batches make an epoch."""
        window = self.body.window.length
        rows = int(self.ends[-1]) + window
        enough = PASSES * rows // (self.settings.batch_size * window)
        return min(self.settings.batches_per_epoch, max(FEWEST_BATCHES, enough))

    def epochs(self) -> Iterator[Epoch]:
        """Learn, yielding after each epoch.

        Raises:
            Diverged: the loss became NaN or infinite before the first epoch was complete.
        """
        settings = self.settings
        total, batches = settings.max_epochs, self.batches
        optimizer, schedule = self._optimizer(1.0, total * batches)
        age, began = 0, time.monotonic()
        self.began = self.problem.pace.seconds() if settings.seconds else 0.0
        for number in range(1, total + 1):
            started = time.monotonic()
            train_loss = self._train(optimizer, schedule, number, batches)
            if train_loss is None:
                self._stop_diverged(number)
                return
            validation_loss = self._validate()
            seen = train_loss if validation_loss is None else validation_loss
            better = seen < self.best_loss
            if better:
                self._keep(seen)
            age = 0 if better else age + 1
            now = time.monotonic()
            eta = (now - began) / number * (total - number)
            yield Epoch(number, total, train_loss, validation_loss, better, now - started, eta)
            if age >= settings.patience:
                self.problem.notes.append(
                    f"Stopped after epoch {number}: no improvement for {age} epochs."
                )
                return
            if self._gone() >= 1:
                self.problem.notes.append(f"Stopped in epoch {number}: the time was up.")
                return

    def _optimizer(
        self, rate: float, steps: int
    ) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
        """Return an optimizer for so many steps at this share of the learning rate."""
        settings, slope = self.settings, _slope(steps)
        optimizer = torch.optim.AdamW(
            self.body.parameters(),
            lr=rate * settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,  # one pass over a vector per id, not ten
        )
        return optimizer, torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: slope(max(step, int(self._gone() * steps)))
        )

    def _gone(self) -> float:
        """Return the share of the time that is gone.

        Nothing counts at first, so that where there is time enough only the steps decide. What
        learning on may take is left for it.
        """
        limit = self.settings.seconds / (1 + LONGEST_LEARN_ON)
        gone = (self.problem.pace.seconds() - self.began) / limit if limit else 0.0
        return max(0.0, (gone - HEAD_START) / (1 - HEAD_START))

    def _stop_diverged(self, number: int) -> None:
        if self.best is None:
            raise Diverged(
                "The loss became NaN or infinite before the first epoch was complete; no step "
                "was taken from it. Try a lower learning rate.",
                field="/hyperparameters/learning_rate",
            )
        self.problem.notes.append(
            f"The loss became NaN or infinite in epoch {number}: stopped before that step was "
            "applied; the best epoch before it is kept."
        )

    def _keep(self, loss: float) -> None:
        self.best_loss, self.best_taken = loss, self.taken
        self.best = {name: part.detach().clone() for name, part in self.body.state_dict().items()}

    def restore(self) -> Body:
        """Put the best epoch back and return the network, ready to forecast.

        Raises:
            ForecastingError: no epoch was complete.
        """
        if self.best is None:
            raise ForecastingError("Nothing was learned: stopped before the first epoch ended.")
        self.body.load_state_dict(self.best)
        return self.body.eval()

    def learn_on(self) -> Body:
        """Learn a little more from the best epoch on, now with the latest values of all series.

        What came last is most like what comes next, and nobody has learned from it yet.

        Returns:
            another network; that of the best epoch stays as it was.
        """
        body = copy.deepcopy(self.restore())
        problem = replace(self.problem, train_stops=self.problem.panel.stops, origins=[])
        last = Training(body, self.source, problem)
        planned = LEARN_ON * self.settings.max_epochs * self.batches
        steps = max(1, int(min(planned, LONGEST_LEARN_ON * self.taken)))
        optimizer, schedule = last._optimizer(LEARN_ON_RATE, steps)
        last._train(optimizer, schedule, 0, steps)
        return body.eval()

    def _train(
        self,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        number: int,
        batches: int,
    ) -> float | None:
        """Return the mean loss of the epoch, None if it became NaN or infinite."""
        self.body.train()
        total = torch.zeros((), device=self.source.device)
        # numbers of this epoch depend on the seed alone, not on what the caller does between
        gpus = [] if self.source.device.type != "cuda" else [torch.cuda.current_device()]
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(self.problem.recipe.seed * 100_003 + number)
            taken = 0
            while taken < batches and (taken == 0 or self._gone() < 1):
                loss = self.step(optimizer)
                if loss is None:
                    return None
                schedule.step()
                total += loss
                taken += 1
        self.taken += taken
        return float(total) / taken

    def step(self, optimizer: torch.optim.Optimizer) -> Tensor | None:
        """Take a step on fresh windows and return their loss; None, and no step, if not finite."""
        optimizer.zero_grad(set_to_none=True)
        loss = self._learn(self.drawn(self.settings.batch_size))
        norm = torch.nn.utils.clip_grad_norm_(self.body.parameters(), GRADIENT_NORM)
        if not bool(torch.isfinite(loss + norm)):
            return None
        optimizer.step()
        return loss

    def drawn(self, batch: int, shape: WindowShape | None = None) -> Windows:
        """Draw windows, each as likely as any other."""
        device = self.source.device
        drawn = (torch.rand(batch, device=device, dtype=torch.float64) * self.ends[-1]).long()
        place = torch.searchsorted(self.ends, drawn, right=True)
        before = torch.where(place > 0, self.ends[(place - 1).clamp(min=0)], 0)
        series = self.series[place]
        origin = self.starts[place] + drawn - before
        window = shape or self.body.window
        return self.source.cut(series, origin, self.stops[series], window, self.calendar)

    def _learn(self, windows: Windows) -> Tensor:
        """Set the gradients of a batch's mean loss and return that loss.

        On a CPU a batch is read in parts whose hidden vectors stay in its caches; the sum of
        their gradients is that of the whole batch.
        """
        batch, together = len(windows.target), self.together
        drop = torch.rand(windows.ids.shape, device=self.source.device) < ID_DROPOUT
        total = torch.zeros((), device=self.source.device)
        count = torch.zeros((), device=self.source.device)
        for at in range(0, batch, together):
            part = slice(at, at + together)
            some = windows.part(part)
            losses, counts = self.body(some, self.body.encoder(some, drop[part]))
            loss = losses.sum()
            loss.backward()
            total += loss.detach()
            count += counts.sum()
        count = count.clamp(min=1)
        torch._foreach_div_(  # all of them in one call, as the optimizer does
            [one.grad for one in self.body.parameters() if one.grad is not None], count
        )
        return total / count

    @torch.no_grad()
    def _validate(self) -> float | None:
        """Return the mean loss over the horizon of the validation windows, None without any."""
        series, origins, stops = self.checks
        if not len(series):
            return None
        self.body.eval()
        total = count = 0.0
        for at in range(0, len(series), 64):
            part = slice(at, at + 64)
            windows = self.source.cut(
                series[part], origins[part], stops[part], self.body.window, self.calendar
            )
            losses, counts = self.body(windows, self.body.encoder(windows))
            ahead = min(self.body.window.horizon, losses.shape[1])
            total += float(losses[:, -ahead:].sum())
            count += float(counts[:, -ahead:].sum())
        return total / max(count, 1.0)


def _origins(problem: Problem, body: Body) -> tuple[Index, Index]:
    """Return, per series, the first row that may begin a horizon, and how many there are."""
    panel, window = problem.panel, body.window
    offsets, stops = panel.offsets[:-1], problem.train_stops
    length = stops - offsets
    room = np.maximum(1, length - window.horizon)
    low = offsets + np.minimum(window.context, room)
    high = np.maximum(low, stops - window.horizon)
    return low, np.where(length >= 2, high - low + 1, 0)


def _checks(problem: Problem, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return a fixed choice of validation windows: series, origin, end of the target."""
    chosen = problem.origins
    if len(chosen) > VALIDATION_WINDOWS:
        places = np.linspace(0, len(chosen) - 1, VALIDATION_WINDOWS).astype(int)
        chosen = [chosen[place] for place in places]
    pairs = torch.tensor(chosen, dtype=torch.int64).reshape(-1, 2)
    stops = torch.from_numpy(problem.panel.stops)[pairs[:, 0]]
    return pairs[:, 0].to(device), pairs[:, 1].to(device), stops.to(device)


def _slope(steps: int) -> Callable[[int], float]:
    """Return the share of the learning rate at each step: up quickly, then down a cosine."""
    warm = max(1, int(WARM_UP * steps))

    def share(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        done = (step - warm) / max(1, steps - warm)
        return float(0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * min(1.0, done))))

    return share
