"""Makes the small base model: `python -m shared.forecasting.language.pretrain FOLDER`.

It learns to continue series of `generated.py`, written as `text.py` writes them, for so many
minutes on one core. Nothing measured is learned from.
"""

from __future__ import annotations

import argparse
import logging
import math
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional as F

from shared.forecasting.frequency import Frequency
from shared.forecasting.language.generated import Generated, generate
from shared.forecasting.language.header import Ahead, header
from shared.forecasting.language.scaling import MISSING, fit_scaling
from shared.forecasting.language.templates import LANGUAGES, PARTS, words
from shared.forecasting.language.tokenizer import SIZE, make
from shared.forecasting.language.vocabulary import Vocabulary

# season in steps → frequency, share of the batches, values in a window
LESSONS = {
    7: ("D", 0.5, 84),
    24: ("h", 0.14, 120),
    48: ("30min", 0.05, 144),
    52: ("W", 0.09, 117),
    12: ("MS", 0.1, 48),
    5: ("B", 0.05, 60),
    1: ("YS", 0.07, 64),
}
TOKENS = 2400  # of a batch, about
RATE = 0.004
WARM_UP = 100
HORIZONS = (7, 14, 28)
SHOWN = 0.03  # share of the time between two reports
SKIPPED = 4  # values at the beginning that nobody could foretell
HIDDEN, LAYERS, HEADS, INNER = 96, 4, 3, 256


def network() -> torch.nn.Module:
    """Return the untrained network."""
    from transformers.models.qwen3 import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=SIZE,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=1,
        head_dim=HIDDEN // HEADS,
        intermediate_size=INNER,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
    )
    return Qwen3ForCausalLM(config)


def batch(random: Generator, vocabulary: Vocabulary) -> tuple[Tensor, Tensor, int]:
    """Return tokens (window, token), digits to foretell (window, digit; −1: none), and width."""
    seasons = list(LESSONS)
    season = int(random.choice(seasons, p=[LESSONS[one][1] for one in seasons]))
    frequency, _, length = LESSONS[season]
    digits = int(random.choice([1, 2, 3], p=[0.04, 0.76, 0.2]))
    count = max(4, TOKENS // (length * (digits + 1)))
    made = generate(random, count, length, season)
    context = int(length * random.uniform(0.35, 0.85))
    codes = fit_scaling(made.values[:, :context], digits).encode(made.values)
    heads = _headers(random, vocabulary, made, Frequency.parse(frequency))
    tokens = np.concatenate([heads, vocabulary.numbers(codes, digits)], 1)
    signs = codes[..., None] // 10 ** np.arange(digits - 1, -1, -1) % 10
    signs[codes == MISSING] = MISSING
    signs[:, :SKIPPED] = MISSING
    return torch.from_numpy(tokens), torch.from_numpy(signs.reshape(count, -1)), digits


def _headers(
    random: Generator, vocabulary: Vocabulary, made: Generated, clock: Frequency
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    language, kind = random.choice(LANGUAGES), random.choice(PARTS["kind"])
    start = datetime(2020, 1, 1) + timedelta(hours=int(random.integers(0, 40_000)))
    horizon = int(random.choice(HORIZONS))
    told = made.events.any() and random.random() < 0.25
    rows = []
    for events in made.events[:, -horizon:]:
        ahead = [Ahead("promotion", events)] if told else []
        if told and len(set(events.tolist())) == 1:  # a row that says nothing is not written
            ahead = [Ahead("promotion", np.where(np.arange(horizon) == 0, 1, events))]
        text = header(words(str(language)), str(kind), clock, start, ahead)
        rows.append(vocabulary.words(text))
    return np.array(rows, np.int64)


def loss_of(
    model: torch.nn.Module, vocabulary: Vocabulary, tokens: Tensor, signs: Tensor, digits: int
) -> Tensor:
    """Return the mean cross-entropy of the digits, the leading ones counting most."""
    hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state  # type: ignore[operator]
    before = tokens.shape[1] - signs.shape[1] // digits * (digits + 1)
    at = torch.arange(signs.shape[1])
    places = before + at // digits * (digits + 1) + at % digits - 1
    table = model.lm_head.weight[list(vocabulary.digits)]  # type: ignore[index, union-attr]
    logits = hidden[:, places] @ table.T
    losses = F.cross_entropy(
        logits.flatten(0, 1), signs.flatten(), ignore_index=MISSING, reduction="none"
    )
    weight = (0.6 ** (at % digits)).expand_as(signs) * (signs != MISSING)
    return (losses.view_as(signs) * weight).sum() / weight.sum()


def pretrain(folder: Path, minutes: float, seed: int = 0) -> None:
    """Write the base model into a folder, and again every few minutes."""
    from tokenizers import Tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    make(folder / "tokenizer.json")
    vocabulary = Vocabulary.of(Tokenizer.from_file(str(folder / "tokenizer.json")))
    torch.manual_seed(seed)
    random, model = np.random.default_rng(seed), network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    began, step, shown, mean = time.monotonic(), 0, 0.0, math.nan
    while (done := (time.monotonic() - began) / (60 * minutes)) < 1:
        share = min(1.0, (step + 1) / WARM_UP) * (0.02 + 0.98 * min(1.0, 1.6 * (1 - done)))
        for group in optimizer.param_groups:
            group["lr"] = RATE * share
        loss = loss_of(model, vocabulary, *batch(random, vocabulary))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step, now = step + 1, float(loss.detach())
        mean = now if math.isnan(mean) else 0.98 * mean + 0.02 * now
        if done - shown > SHOWN:
            shown = done
            logging.info("%4.0f %%  step %d  loss %.4f", 100 * done, step, mean)
            _save(model, folder)
    _save(model, folder)
    logging.info("%d steps, loss %.4f", step, mean)


def _save(model: torch.nn.Module, folder: Path) -> None:
    """Store half of the bits: what they would add is far below what was learned."""
    halves = {name: part.half() for name, part in model.state_dict().items()}
    model.save_pretrained(folder, state_dict=halves)  # type: ignore[operator]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=35)
    asked = parser.parse_args()
    pretrain(asked.folder, asked.minutes)
