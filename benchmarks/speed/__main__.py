"""How fast the forecasting core is, beside its peers and beside plain PyTorch.

    python -m benchmarks.speed                      # every row
    python -m benchmarks.speed --rows warm windows  # some of them

Each row runs in a process of its own with the same number of threads as its peer, prints its
figures, and is written to out/speed.json; a row that is run again replaces its older figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict

from benchmarks.figures import OUT, Figure, show, write
from benchmarks.speed import decoding, learning, peers, reading, scaling, training

ROWS: dict[str, Callable[[], list[Figure]]] = {
    "training": training.throughput,
    "windows": training.windows,
    "learning-lstm": lambda: learning.beside("lstm"),
    "learning-transformer": lambda: learning.beside("transformer"),
    "learning-kan": lambda: learning.beside("kan"),
    "learning-short": learning.short,
    "decoding": decoding.many,
    "warm": decoding.one,
    "reading": reading.beside_polars,
    "scaling": scaling.costs,
}
MARK = "figures: "


def main() -> None:
    """Run the rows that were asked for, print them and write them down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", choices=ROWS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(MARK + json.dumps([asdict(figure) for figure in ROWS[asked.one]()]))
        return
    figures: dict[str, list[Figure]] = _earlier()
    for row in asked.rows:
        figures[row] = _apart(row, asked.threads)
        show(figures[row])
        _keep(figures)
    print(f"Written to {OUT / 'speed.json'}.")


def _keep(figures: dict[str, list[Figure]]) -> None:
    """Write down what is measured so far: the rows after it may take long or fail."""
    write("speed", [figure for row in ROWS for figure in figures.get(row, [])])
    (OUT / "speed-rows.json").write_text(
        json.dumps({row: [asdict(one) for one in found] for row, found in figures.items()})
    )


def _earlier() -> dict[str, list[Figure]]:
    file = OUT / "speed-rows.json"
    found = json.loads(file.read_text()) if file.is_file() else {}
    return {row: [Figure(**one) for one in figures] for row, figures in found.items()}


def _apart(row: str, threads: int) -> list[Figure]:
    """Run a row in a process of its own, so that its memory and its threads are its own."""
    command = [sys.executable, "-m", "benchmarks.speed", "--one", row]
    environment = {**os.environ, **peers.threads(threads)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    last = next(line for line in reversed(done.stdout.splitlines()) if line.startswith(MARK))
    return [Figure(**one) for one in json.loads(last.removeprefix(MARK))]


if __name__ == "__main__":
    main()
