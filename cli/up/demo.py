"""The main job once, visibly: a sample, a model, a forecast. Interrupted, it goes on where it was.

What is done is asked from the API, found by names that only the demo uses; a small file in the
data folder remembers that it was begun and that it is finished.
"""

import json
from pathlib import Path
from typing import Literal

from cli.api import Api
from cli.console import console
from cli.following import follow
from cli.tables import text
from shared.contracts.datasets import Dataset, SampleRequest
from shared.contracts.forecasts import ForecastRequest
from shared.contracts.tasks import Scope, Task, TaskStatus, TrainingRequest
from shared.kit.errors import AppError

SAMPLE = SampleRequest(kind="pharmacy", name="pharmacy demo", stores=10, products=50, days=1095)
ALGORITHM = "lstm"
HYPERPARAMETERS: dict[str, object] = {}
PRODUCT = "P001"
HORIZON = 28
GIVEN_UP = (TaskStatus.failed, TaskStatus.cancelled)


async def once(api: Api, data: Path) -> str:
    """Run what is left of the demo; return the page to open, "" if there was nothing to do."""
    file = data / "demo.json"
    state = _state(file)
    if state == "done" or (state is None and await api.datasets()):
        return ""
    _write(file, "begun")
    try:
        page = await _run(api)
    except AppError as error:
        console.print(f"[yellow]The demo stopped:[/] {error.detail}", soft_wrap=True)
        console.print("The system itself is ready.", style="dim")
        return ""
    _write(file, "done")
    return page


def _state(file: Path) -> Literal["begun", "done"] | None:
    try:
        state = json.loads(file.read_text())["state"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return "done" if state == "done" else "begun"


def _write(file: Path, state: Literal["begun", "done"]) -> None:
    part = file.with_suffix(".part")
    part.write_text(json.dumps({"state": state}))
    part.replace(file)


async def _run(api: Api) -> str:
    console.print("\nFirst start: a sample, a model and a forecast, so that there is something")
    console.print("to look at. SHELFCAST_DEMO=0 leaves this out.", style="dim")
    console.print(f"Everything can be used already: {api.url}\n", style="dim", soft_wrap=True)
    dataset = await _dataset(api)
    task = await follow(api, await _task(api, dataset))
    return await _forecast(api, dataset, task)


async def _dataset(api: Api) -> Dataset:
    for dataset in await api.datasets():
        if dataset.name == SAMPLE.name:
            return dataset
    with console.status("Making the sample pharmacy dataset …"):
        dataset = await api.make_sample(SAMPLE)
    console.print(
        f"[bold green]✓[/] dataset [bold]{dataset.name}[/]: {dataset.series_count:,} series, "
        f"{dataset.row_count:,} rows, {text(dataset.start)} to {text(dataset.end)}"
    )
    return dataset


async def _task(api: Api, dataset: Dataset) -> Task:
    for task in await api.tasks():
        if task.request.dataset_id == dataset.id and task.status not in GIVEN_UP:
            return task
    scope = Scope.model_validate({"level": "product", "product_id": PRODUCT})
    request = TrainingRequest(
        dataset_id=dataset.id,
        algorithm=ALGORITHM,
        scope=scope,
        horizon=HORIZON,
        hyperparameters=dict(HYPERPARAMETERS),
    )
    return await api.train(request)


async def _forecast(api: Api, dataset: Dataset, task: Task) -> str:
    for earlier in await api.forecasts():
        if earlier.model == task.model and earlier.dataset_id == dataset.id:
            return f"/forecasts/{earlier.id}"
    with console.status("Forecasting …"):
        forecast = await api.forecast(ForecastRequest(model=task.model, horizon=HORIZON))
    console.print(
        f"[bold green]✓[/] model [bold]{task.model}[/] and a forecast of "
        f"{forecast.series_count} series, {forecast.horizon} days, in {forecast.seconds:.2f} s"
    )
    return f"/forecasts/{forecast.id}"
