"""How fast the whole loop is, beside what it should be: `python -m benchmarks.loop`.

It starts a system of its own, measures as a browser sees it (through the gateway), prints a table
and writes out/loop.json.
"""

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

from benchmarks import gateway_alone
from benchmarks.figures import Figure, quantile, show, write
from benchmarks.stack import Stack

TRAININGS = 3
WARM_UP, FORECASTS = 5, 50
HORIZON, PATHS = 28, 100
PRODUCT, STORE = "P001", "S001"
SAMPLE = {"kind": "pharmacy", "stores": 10, "products": 50, "days": 1095}


def main() -> None:
    """Measure everything, print it and write it down."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder) / "data") as stack:
        first = stack.start()
        stack.stop()
        second = stack.start()
        note = f"on a new data folder {first:.2g} s"
        figures.append(Figure("ready after start", second, "s", 10, note=note))
        dataset = _checked(stack.api.post("/sample-data", json=SAMPLE))
        model, trained = _trainings(stack, dataset)
        figures += trained
        figures.append(_forecasts(stack, model))
        figures.append(_memory(stack))
    figures += gateway_alone.measure()
    show(figures)
    print(f"Written to {write('loop', figures)}.")


def _checked(response: httpx.Response) -> Any:
    if not response.is_success:
        raise SystemExit(f"{response.request.url} answered {response.status_code}: {response.text}")
    return response.json()


def _trainings(stack: Stack, dataset: Any) -> tuple[str, list[Figure]]:
    """Train a few times and watch every event arrive."""
    first_epoch: list[float] = []
    delays: list[float] = []
    model = ""
    for seed in range(TRAININGS):
        begun = time.perf_counter()
        task = _checked(
            stack.api.post(
                "/training",
                json={
                    "dataset_id": dataset["id"],
                    "algorithm": "lstm",
                    "scope": {"level": "product", "product_id": PRODUCT},
                    "horizon": HORIZON,
                    "seed": seed,
                },
            )
        )
        model = task["model"]
        first_epoch.append(_watch(stack, task["id"], delays) - begun)
    count = f"{len(delays)} events of {TRAININGS} trainings"
    return model, [
        Figure("POST /training to first epoch event", quantile(first_epoch, 0.5), "s", 5),
        Figure("event to browser, p95", quantile(delays, 0.95) * 1000, "ms", 200, note=count),
    ]


def _watch(stack: Stack, task_id: str, delays: list[float]) -> float:
    """Note how old each event is when it comes; return when the first epoch came."""
    first_epoch = 0.0
    url = f"ws://127.0.0.1:{stack.port}/api/tasks/{task_id}/events"
    with connect(url, proxy=None) as socket:
        for message in socket:
            now, event = datetime.now(UTC), json.loads(message)
            delays.append((now - datetime.fromisoformat(event["at"])).total_seconds())
            if event["type"] == "epoch" and not first_epoch:
                first_epoch = time.perf_counter()
            if event["type"] == "status" and event["status"] == "failed":
                raise SystemExit(f"The training failed: {event['error']['detail']}")
    return first_epoch


def _forecasts(stack: Stack, model: str) -> Figure:
    request = {
        "model": model,
        "series": [{"product_id": PRODUCT, "store_id": STORE}],
        "horizon": HORIZON,
        "paths": PATHS,
    }
    taken = []
    for _ in range(WARM_UP + FORECASTS):
        begun = time.perf_counter()
        _checked(stack.api.post("/prediction", json=request))
        taken.append((time.perf_counter() - begun) * 1000)
    warm = taken[WARM_UP:]
    note = f"{HORIZON} steps, {PATHS} paths; p95 {quantile(warm, 0.95):.0f} ms"
    return Figure("one forecast through the gateway, p50", quantile(warm, 0.5), "ms", 50, note=note)


def _memory(stack: Stack) -> Figure:
    modules = ("gateway", "services.registry", "services.training")
    each, together = stack.resident_mb(modules)
    parts = ", ".join(f"{name.removeprefix('services.')} {mb:.0f}" for name, mb in each.items())
    note = f"{parts}: {sum(each.values()):.0f} where shared pages count in each"
    return Figure("resident: gateway + registry + training", together, "MB", 300, note=note)


if __name__ == "__main__":
    main()
