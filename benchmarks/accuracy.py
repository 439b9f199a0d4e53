"""How accurate an algorithm is on prepared tasks: one table, one JSON, one forecast per task.

    python -m benchmarks.accuracy TASKS_DIR --algorithm auto --time-limit 180 --out DIR

TASKS_DIR holds one folder per task with train.parquet, future.parquet, test.parquet and
task.json, as the script that prepares them writes them; its `score` is used for scoring. Each
task runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from shared.forecasting.metrics import DECILES

if TYPE_CHECKING:
    from shared.forecasting import ForecastResult, Panel

ACCURACY = Path(__file__).resolve().parents[2] / "shared" / "accuracy"
COLUMNS = ("wql", "wape", "mase", "bias", "coverage80", "seconds", "memory_mb")
USUAL_LIMIT = 180  # seconds of `auto`
Score = Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame, int], dict[str, float]]


def main() -> None:
    """Run every task and print how good the forecasts are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tasks", type=Path, help="folder with one prepared task per folder")
    parser.add_argument("--algorithm", default="auto")
    parser.add_argument("--time-limit", type=int, help="seconds of learning per task")
    parser.add_argument("--hyperparameters", type=json.loads, default={}, help="as JSON")
    parser.add_argument("--out", type=Path, required=True, help="where forecasts and results go")
    parser.add_argument("--only", nargs="*", default=None, help="names of tasks")
    parser.add_argument("--script", type=Path, default=ACCURACY / "make_tasks.py")
    parser.add_argument("--peers", type=Path, default=ACCURACY / "peers.json")
    parser.add_argument("--resume", action="store_true", help="only score what lies in --out")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.algorithm == "auto" and asked.time_limit is None:
        asked.time_limit = USUAL_LIMIT
    if asked.one:
        forecast_task(asked.tasks, asked.out, asked.algorithm, _settings(asked))
        return
    score = _score(asked.script)
    results = {}
    for folder in sorted(path.parent for path in asked.tasks.glob("*/task.json")):
        if asked.only is None or folder.name in asked.only or _done(folder.name, asked):
            results[folder.name] = run(folder, asked, score)
            print(_row(folder.name, results[folder.name]), flush=True)
    if not results:
        sys.exit(f"{asked.tasks} holds no task (a folder with task.json).")
    peers = json.loads(asked.peers.read_text()) if asked.peers.is_file() else {}
    report(results, peers, asked)


def _done(name: str, asked: argparse.Namespace) -> bool:
    return bool(asked.resume) and (asked.out / name / "run.json").is_file()


def _settings(asked: argparse.Namespace) -> dict[str, Any]:
    """Return the hyper-parameters: the time limit under the name that the algorithm has for it."""
    from shared.forecasting import ALGORITHMS

    known = ALGORITHMS.get(asked.algorithm)
    fields = known.hyperparameters.model_fields if known else {}
    names = [name for name in ("time_limit", "seconds") if name in fields and asked.time_limit]
    return {**dict.fromkeys(names, asked.time_limit), **asked.hyperparameters}


def _score(script: Path) -> Score:
    spec = importlib.util.spec_from_file_location("make_tasks", script)
    if spec is None or spec.loader is None or not script.is_file():
        sys.exit(f"{script} is not there: name the script that scores with --script.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Score = module.score
    return found


def run(folder: Path, asked: argparse.Namespace, score: Score) -> dict[str, Any]:
    """Forecast one task in a process of its own and score it."""
    out = asked.out / folder.name
    out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.accuracy", str(folder), "--one"]
    command += ["--algorithm", asked.algorithm]
    if asked.time_limit is not None:
        command += ["--time-limit", str(asked.time_limit)]
    command += ["--hyperparameters", json.dumps(asked.hyperparameters), "--out", str(out)]
    if not _done(folder.name, asked):
        subprocess.run(command, check=True)
    task = json.loads((folder / "task.json").read_text())
    train, test = (pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "test"))
    forecast = pd.read_parquet(out / "forecast.parquet")
    found = {**score(train, test, forecast, task["season"])}
    points = {"points": len(test)}
    return {**found, **json.loads((out / "run.json").read_text()), **points}


def forecast_task(folder: Path, out: Path, algorithm: str, settings: dict[str, Any]) -> None:
    """Fit and forecast one task, and write the forecast with what it cost."""
    began = time.monotonic()
    from shared.forecasting import Fitting, Panel, Recipe

    task = json.loads((folder / "task.json").read_text())
    frame = pd.concat([pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "future")])
    frame = frame.sort_values(["series_id", "date"], ignore_index=True)
    panel = Panel.from_arrow(
        pa.Table.from_pandas(frame, preserve_index=False),
        ids=["series_id"],
        date="date",
        target="value",
        frequency=task["freq"],
        known=task.get("known", []),
    )
    fitting = Fitting(panel, Recipe(algorithm, task["horizon"], hyperparameters=settings))
    for _ in fitting.epochs():
        pass
    fitted = fitting.finish()
    result = fitted.forecast(panel, quantiles=DECILES)
    forecast = _frame(panel, result, task["horizon"])
    forecast.to_parquet(out / "forecast.parquet", index=False)
    cost = {
        "seconds": round(time.monotonic() - began, 1),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "validation": fitted.metrics,
        "notes": fitting.notes,
    }
    (out / "run.json").write_text(json.dumps(cost, indent=1))


def _frame(panel: Panel, result: ForecastResult, horizon: int) -> pd.DataFrame:
    rows = len(result.series) * horizon
    dates = [
        panel.dates(int(one), int(start), int(start) + horizon)
        for one, start in zip(result.series, result.start, strict=True)
    ]
    return pd.DataFrame(
        {
            "series_id": np.repeat(
                [panel.keys[int(one)]["series_id"] for one in result.series], horizon
            ),
            "date": np.concatenate(dates),
            "mean": result.mean.reshape(rows),
            **{
                f"q{level}": result.quantiles[..., place].reshape(rows)
                for place, level in enumerate(DECILES)
            },
        }
    )


def _row(name: str, found: dict[str, Any]) -> str:
    return f"{name:<30}" + "".join(f"{found[column]:>12.4g}" for column in COLUMNS)


def _mean(results: dict[str, Any], column: str) -> float:
    return float(np.exp(np.mean([np.log(found[column]) for found in results.values()])))


def report(results: dict[str, Any], peers: dict[str, Any], asked: argparse.Namespace) -> None:
    """Print the geometric means beside the peers' and write everything as JSON."""
    points = sum(found["points"] for found in results.values())
    covered = sum(found["coverage80"] * found["points"] for found in results.values()) / points
    means = {"wql": _mean(results, "wql"), "wape": _mean(results, "wape"), "coverage80": covered}
    print(" " * 30 + "".join(f"{column:>12}" for column in COLUMNS))
    print(
        f"{asked.algorithm:<30}{means['wql']:>12.4f}{means['wape']:>12.4f}  geometric means; "
        f"80 % interval covers {covered:.1%} of all points"
    )
    beside = {}
    for peer, scores in peers.items():
        same = {name: scores[name] for name in results if name in scores}
        if len(same) == len(results):
            beside[peer] = {"wql": _mean(same, "wql"), "wape": _mean(same, "wape")}
            print(f"{peer:<30}{beside[peer]['wql']:>12.4f}{beside[peer]['wape']:>12.4f}")
    worst = {
        name: found["wql"] / min(scores[name]["wql"] for scores in peers.values())
        for name, found in results.items()
        if beside
    }
    for name, quotient in worst.items():
        print(f"{name:<30}{quotient:>12.3f}  x the best peer of this task")
    document = {
        "algorithm": asked.algorithm,
        "time_limit": asked.time_limit,
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "load": os.getloadavg(),
        "means": means,
        "peers": beside,
        "beside_best_peer": worst,
        "tasks": results,
    }
    (asked.out / "accuracy.json").write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
