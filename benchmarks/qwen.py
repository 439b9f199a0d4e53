"""How fast the language model writes, what a sliced head saves, and how accurate the small base is.

    python -m benchmarks.qwen [decoding] [head] [accuracy --tasks TASKS_DIR]

Without a part, all are measured. TASKS_DIR holds tasks as for `benchmarks.accuracy`; without it,
they are prepared from the data beside the repository. The daily ones are used, and seasonal
naive's scores come from the peers' file.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.accuracy import ACCURACY
from benchmarks.figures import OUT, Figure, show, write
from shared.forecasting.language.base import TINY, find, load
from shared.forecasting.language.checkpoint import vocabulary_of
from shared.forecasting.language.decoder import Writer
from shared.forecasting.language.pretrain import batch
from shared.forecasting.language.writing import evenly, written
from shared.forecasting.randomness import uniforms

PARTS = ("decoding", "head", "accuracy")
PATHS, STEPS, DIGITS = 20, 28, 3
MANY = 16  # series
CONTEXT, HEADER = 112, 30  # values and tokens of the prompt that is read
ROWS = 151_936
SHAPE: dict[str, Any] = {
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
}
SECONDS = 60
SCRIPT = ACCURACY / "make_tasks.py"


def main() -> None:
    """Measure the parts that are asked for and print them beside their targets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=PARTS, help=", ".join(PARTS))
    parser.add_argument("--tasks", type=Path, help="folder with prepared tasks")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of fine-tuning per task")
    parser.add_argument("--out", type=Path, default=OUT / "qwen", help="for the forecasts")
    parser.add_argument("--resume", action="store_true", help="use the forecasts that lie there")
    parser.add_argument("--head", choices=("sliced", "full"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.head:
        print(json.dumps(head_of(asked.head)))
        return
    if "accuracy" in asked.parts and not asked.tasks and not SCRIPT.is_file():
        sys.exit(
            f"There are no tasks to measure accuracy on: {SCRIPT} is not there. Name a folder with "
            "--tasks, or ask for the parts decoding and head alone."
        )
    figures: list[Figure] = []
    if "decoding" in asked.parts:
        figures += decoding()
    if "head" in asked.parts:
        figures += head()
    if "accuracy" in asked.parts:
        tasks = asked.tasks or prepared(asked.out / "tasks")
        figures += accuracy(tasks, asked.out, asked.seconds, resume=asked.resume)
    show(figures)
    print(write("qwen", figures))


def _timed(work: Callable[[], object], again: int = 3) -> float:
    """Return the median seconds of some runs after one that warms up."""
    work()
    found = []
    for _ in range(again):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return float(np.median(found))


def decoding() -> list[Figure]:
    """Compare one reading of the prompt with one per path, as forecasts of a few series do it."""
    base = find(TINY)
    network, vocabulary = load(base, torch.device("cpu"))
    writer = Writer(network.eval(), vocabulary)
    length = HEADER + CONTEXT * (DIGITS + 1)
    random = np.random.default_rng(0)
    while (tokens := batch(random, vocabulary)[0]).shape[1] < 200:
        pass
    prompt = tokens[:1].repeat(1, 1 + length // tokens.shape[1])[:, :length]
    hashes = np.arange(7, 7 + MANY)

    def asked(series: int) -> NDArray[np.int64]:
        rows = prompt.tolist() * series
        sizes = {"digits": DIGITS, "paths": PATHS, "horizon": STEPS}
        return written(writer, base, rows, hashes[:series], **sizes, seed=0)

    chance = evenly(
        uniforms(0, torch.from_numpy(hashes[:1]), paths=PATHS, horizon=STEPS, draws=DIGITS)
    )

    def per_path() -> Tensor:
        parts = [write_alone(writer, prompt, chance[..., one : one + 1]) for one in range(PATHS)]
        return torch.cat(parts, 1)

    same = float((asked(1) == per_path().numpy()).mean())
    one, many = _timed(partial(asked, 1)), _timed(partial(asked, MANY))
    slow = _timed(per_path, 1)
    note = f"{PATHS} paths x {STEPS} steps of {DIGITS} digits after {length} tokens"
    return [
        Figure("forecast of one series", one, "s", note=note),
        Figure(f"forecast of {MANY} series", many / MANY, "s/series"),
        Figure("one series, prompt read per path", slow, "s", note=f"{same:.1%} of numbers alike"),
        Figure("faster, one series", slow / one, "x", 10.0, "more"),
        Figure(f"faster, {MANY} series", MANY * slow / many, "x"),
    ]


@torch.inference_mode()
def write_alone(writer: Writer, prompt: Tensor, chance: Tensor) -> Tensor:
    """Write one path with the library's own cache and head, the whole vocabulary in play."""
    ids = writer.vocabulary
    read, cache = prompt, None
    codes = torch.zeros(1, 1, STEPS, dtype=torch.int64)
    for step in range(STEPS):
        for digit in range(DIGITS):
            said = writer.network(input_ids=read, past_key_values=cache, use_cache=True)
            cache = said.past_key_values
            logits = said.logits[:, -1][:, list(ids.digits)].double()
            sign = int(
                (chance[step, digit, 0, 0] > logits.softmax(-1).cumsum(-1)).sum().clamp(max=9)
            )
            codes[0, 0, step] += sign * 10 ** (DIGITS - 1 - digit)
            read = torch.tensor([[ids.digits[sign]]])
        # the separator is written by the network like any other token, one pass more
        cache = writer.network(input_ids=read, past_key_values=cache).past_key_values
        read = torch.tensor([[ids.separator]])
    return codes


def head() -> list[Figure]:
    """Compare the ten rows of digits with the whole output head, each in its own process."""
    found = {}
    for name in ("sliced", "full"):
        command = [sys.executable, "-m", "benchmarks.qwen", "--head", name]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found[name] = json.loads(said.splitlines()[-1])
    note = f"2 layers of a 0.5B shape, {ROWS:,} rows, 16 series x {PATHS} paths"
    return [
        Figure("one pass, sliced head", found["sliced"]["step"], "s", note=note),
        Figure("one pass, full head", found["full"]["step"], "s"),
        Figure("memory of that pass, sliced head", found["sliced"]["mb"], "MB"),
        Figure("memory of that pass, full head", found["full"]["mb"], "MB"),
    ]


@torch.inference_mode()
def head_of(name: str) -> dict[str, float]:
    """Measure one pass of all paths with one of the heads."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(vocab_size=ROWS, num_hidden_layers=2, tie_word_embeddings=True, **SHAPE)
    network = Qwen2ForCausalLM(config).eval()
    tokens = torch.randint(0, ROWS, (16 * PATHS, 1))
    vocabulary = vocabulary_of(find(TINY).folder, TINY)
    rows = Writer(network, vocabulary).table() if name == "sliced" else network.lm_head.weight

    def step() -> Tensor:
        hidden = network.model(input_ids=tokens, use_cache=False).last_hidden_state[:, -1]
        drawn: Tensor = (hidden @ rows.T).softmax(-1).cumsum(-1)
        return drawn

    seconds = _timed(step)
    ctypes.CDLL(None).malloc_trim(0)  # what was freed is not there for the next step already
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak that making the weights had
    before = _kilobytes("VmRSS")
    step()
    return {"step": seconds, "mb": (_kilobytes("VmHWM") - before) / 1024}


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def prepared(folder: Path) -> Path:
    """Cut the tasks out of the data beside the repository, once, and return their folder."""
    if not any(folder.glob("*/task.json")):
        data = ACCURACY.parent / "data"
        command = [SCRIPT, ACCURACY / "tasks.json", data, folder]
        subprocess.run([sys.executable, *map(str, command)], check=True)
    return folder


def accuracy(tasks: Path, out: Path, seconds: int, *, resume: bool) -> list[Figure]:
    """Fine-tune the small base on each daily task and compare with seasonal naive."""
    daily = [
        path.parent.name
        for path in sorted(tasks.glob("*/task.json"))
        if json.loads(path.read_text())["freq"] == "D"
    ]
    command = [sys.executable, "-m", "benchmarks.accuracy", str(tasks), "--algorithm", "qwen"]
    command += ["--time-limit", str(seconds), "--out", str(out), "--only", *daily]
    command += ["--resume"] if resume else []
    subprocess.run(command, check=True)
    found = json.loads((out / "accuracy.json").read_text())["tasks"]
    peers = json.loads((ACCURACY / "peers.json").read_text())["seasonal_naive"]
    quotients = [found[name]["wql"] / peers[name]["wql"] for name in daily]
    threads = os.environ.get("OMP_NUM_THREADS") or os.cpu_count()
    figures = [
        Figure(f"{name}: of seasonal naive", quotient, "x", note=f"wql {found[name]['wql']:.4f}")
        for name, quotient in zip(daily, quotients, strict=True)
    ]
    mean = float(np.exp(np.mean(np.log(quotients))))
    note = f"geometric mean, {seconds} s of fine-tuning, {threads} threads"
    return [*figures, Figure("daily tasks: of seasonal naive", mean, "x", 0.9, note=note)]


if __name__ == "__main__":
    main()
