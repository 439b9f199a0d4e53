"""How a language model is fine-tuned: LoRA, random windows, loss on the digits to write."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from shared.forecasting.devices import best_device
from shared.forecasting.errors import Diverged, ForecastingError
from shared.forecasting.language.adapter import attach, weights
from shared.forecasting.language.base import Base, load
from shared.forecasting.language.exercises import Book, Exercises
from shared.forecasting.language.form import LanguageHyperparameters
from shared.forecasting.language.loss import digit_loss
from shared.forecasting.language.prompts import padded
from shared.forecasting.language.scaling import MISSING
from shared.forecasting.language.sizes import bytes_of_learning
from shared.forecasting.language.vocabulary import Vocabulary
from shared.forecasting.memory import require
from shared.forecasting.pace import Pace
from shared.forecasting.recipe import Epoch

SMALL = 20_000_000  # parameters
SMALL_RATE, LARGE_RATE = 0.003, 0.0002
GRADIENT_NORM = 1.0
WARM_UP = 0.05
FEWEST_STEPS = 3
CHECKED_TOGETHER = 16


class FineTuning:
    """A base model with an adapter at work on exercises; the caller stops by leaving the loop."""

    def __init__(
        self, base: Base, settings: LanguageHyperparameters, seed: int, pace: Pace | None = None
    ) -> None:
        self.settings, self.seed, self.pace = settings, seed, pace or Pace()
        self.device = best_device()
        network, self.vocabulary = load(base, self.device)
        self.sparing = self.device.type == "cuda" or base.parameters >= SMALL
        if self.sparing:
            network.activation_checkpointing_enable({"use_reentrant": False})
        self.adapted = attach(network, settings.rank, seed).to(self.device)
        usual = SMALL_RATE if base.parameters < SMALL else LARGE_RATE
        self.rate = settings.learning_rate or usual
        trained = [part for part in self.adapted.parameters() if part.requires_grad]
        self.optimizer = torch.optim.AdamW(trained, lr=self.rate, weight_decay=0.0)
        self.trained = trained
        self.steps = 0
        self.best: dict[str, Tensor] | None = None

    def epochs(self, book: Book, notes: list[str]) -> Iterator[Epoch]:
        """Learn, yielding after each epoch.

        Raises:
            NotEnoughMemory: a batch would not fit.
            Diverged: the loss became NaN or infinite before the first epoch was complete.
        """
        settings, began = self.settings, time.monotonic()
        self.began = self.pace.seconds() if settings.seconds else 0.0
        check, lowest, age = book.check(), math.inf, 0
        self._require_memory(book)
        for number in range(1, settings.max_epochs + 1):
            started = time.monotonic()
            try:
                train_loss = self._train(book, number)
            except Diverged as error:
                if self.best is None:
                    raise
                notes.append(f"{error} The best epoch before {number} is kept.")
                return
            loss = self._validate(check)
            seen = train_loss if loss is None else loss
            better = seen < lowest
            age = 0 if better else age + 1
            if better:
                lowest, self.best = seen, weights(self.adapted)
            now = time.monotonic()
            eta = (now - began) / number * (settings.max_epochs - number)
            yield Epoch(number, settings.max_epochs, train_loss, loss, better, now - started, eta)
            if age >= settings.patience:
                notes.append(f"Stopped after epoch {number}: no improvement for {age} epochs.")
                return
            if self._elapsed() >= 1:
                return

    def _require_memory(self, book: Book) -> None:
        """Refuse a batch that would not fit, as far as a few windows tell how long they are."""
        some = book.draw(np.random.default_rng(self.seed), self.settings.windows)
        longest = max(map(len, some.rows)) + some.codes.shape[1] * (self.settings.digits + 1)
        needed = bytes_of_learning(self.adapted, len(some.rows), longest, sparing=self.sparing)
        advice = "Choose fewer windows per batch, fewer values told, or a smaller base model."
        require(needed, self.device, "Fine-tuning", advice, "/hyperparameters/windows")

    def release(self) -> None:
        """Give the memory back; only the best adapter stays."""
        for name in ("adapted", "optimizer", "trained"):
            self.__dict__.pop(name, None)
        gc.collect()  # an adapter and its network refer to each other
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def adapter(self) -> dict[str, Tensor]:
        """Return the adapter of the best epoch.

        Raises:
            ForecastingError: no epoch was complete.
        """
        if self.best is None:
            raise ForecastingError("Nothing was learned: stopped before the first epoch ended.")
        return self.best

    def _elapsed(self) -> float:
        limit = self.settings.seconds
        return (self.pace.seconds() - self.began) / limit if limit else 0.0

    def _train(self, book: Book, number: int) -> float:
        """Take the steps of an epoch and return their mean loss."""
        random: Generator = np.random.default_rng([self.seed, number])
        total = self.settings.max_epochs * self.settings.batches_per_epoch
        self.adapted.train()
        losses = []
        for _ in range(self.settings.batches_per_epoch):
            done = max(self.steps / total, self._elapsed())
            losses.append(self._step(book.draw(random, self.settings.windows), done))
            if self._elapsed() >= 1 and self.steps >= FEWEST_STEPS:
                break
        return float(np.mean(losses))

    def _step(self, exercises: Exercises, done: float) -> float:
        warm = min(1.0, (done + 1e-3) / WARM_UP)
        rate = self.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self.loss(exercises)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.trained, GRADIENT_NORM)
        if not bool(torch.isfinite(loss.detach() + norm)):
            raise Diverged(
                "The loss became NaN or infinite; the step was not taken. Try a lower learning "
                "rate.",
                field="/hyperparameters/learning_rate",
            )
        self.optimizer.step()
        self.steps += 1
        return float(loss.detach())

    @torch.no_grad()
    def _validate(self, check: Exercises) -> float | None:
        """Return the mean loss of the validation windows, None without any."""
        if not check.rows:
            return None
        self.adapted.eval()
        found = []
        for at in range(0, len(check.rows), CHECKED_TOGETHER):
            part = slice(at, at + CHECKED_TOGETHER)
            some = Exercises(check.rows[part], check.codes[part])
            found.append((float(self.loss(some)), len(some.rows)))
        return sum(loss * count for loss, count in found) / sum(count for _, count in found)

    def loss(self, exercises: Exercises) -> Tensor:
        """Return the loss of the digits to write, none of the prompt."""
        tokens, mask, signs = batch(exercises, self.vocabulary, self.settings.digits)
        network = self.adapted.get_base_model()
        count, horizon, digits = signs.shape
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            hidden = network.model(  # type: ignore[operator]
                input_ids=tokens.to(self.device),
                attention_mask=None if bool(mask.all()) else mask.to(self.device),
                position_ids=(mask.cumsum(1) - 1).clamp(min=0).to(self.device),
                use_cache=False,
            ).last_hidden_state
            width = horizon * (digits + 1) - 1
            step = torch.arange(horizon)[:, None] * (digits + 1) + torch.arange(digits)
            places = tokens.shape[1] - width - 1 + step.flatten()
            head = network.get_output_embeddings()  # type: ignore[operator]
            table = head.weight[list(self.vocabulary.digits)].float()
        found = hidden[:, places.to(self.device)].float()
        logits = (found @ table.T).view(count, horizon, digits, 10)
        return digit_loss(logits, signs.to(self.device), self.settings.number_loss)


def batch(
    exercises: Exercises, vocabulary: Vocabulary, digits: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return tokens and mask (window, token), and digits to write (window, horizon, digit)."""
    numbers = vocabulary.numbers(exercises.codes, digits)[:, :-1].tolist()
    rows = [[*told, *wrote] for told, wrote in zip(exercises.rows, numbers, strict=True)]
    tokens, mask = padded(rows, max(len(row) for row in rows), 0)
    signs = exercises.codes[..., None] // 10 ** np.arange(digits - 1, -1, -1) % 10
    signs[exercises.codes == MISSING] = MISSING
    return tokens, mask, torch.from_numpy(signs)
