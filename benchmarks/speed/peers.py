"""Runs the peers in an environment of their own, which is made when it is first needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from benchmarks.figures import OUT

HOME = OUT / "peers"
HERE = Path(__file__).parent / "apart"
PACKAGES = ("neuralforecast==3.3.0", "gluonts[torch]==0.17.0", "polars==2.1.0")
MARK = "answer: "


def threads(count: int) -> dict[str, str]:
    """Return the settings that give every library the same number of threads."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS")
    return {**dict.fromkeys(names, str(count)), "OMP_WAIT_POLICY": "PASSIVE"}


def neuralforecast(model: str, **asked: Any) -> dict[str, Any]:
    """Let a model of neuralforecast learn and forecast."""
    return _ask("run_neuralforecast.py", {"model": model, **asked})


def gluonts(model: str, **asked: Any) -> dict[str, Any]:
    """Time the sampler of a GluonTS model."""
    return _ask("run_gluonts.py", {"model": model, **asked})


def polars(**asked: Any) -> dict[str, Any]:
    """Let polars read and sort a file."""
    return _ask("run_polars.py", asked)


def _ask(script: str, asked: dict[str, Any]) -> dict[str, Any]:
    command = [str(_python()), str(HERE / script), json.dumps(asked)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=HOME)
    if done.returncode:
        raise SystemExit(f"{script} failed; its environment is {HOME}.")
    last = next(line for line in reversed(done.stdout.splitlines()) if line.startswith(MARK))
    found: dict[str, Any] = json.loads(last.removeprefix(MARK))
    return found


def _python() -> Path:
    """Return the interpreter of the peers' environment, which has this one's torch."""
    python, done = HOME / "bin" / "python", HOME / "packages.txt"
    wanted = [f"torch=={torch.__version__.partition('+')[0]}", *PACKAGES]
    if done.is_file() and done.read_text().split() == wanted:
        return python
    print(f"Making {HOME} with {', '.join(wanted)} …", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True, env=quiet)
    done.write_text("\n".join(wanted))
    return python
