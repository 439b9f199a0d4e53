"""A language model in the whole system: trained by a real runner, told a note, its text kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.running import Client
from tests.flow.shell import Shell
from tests.flow.sources import SAMPLE, training

pytestmark = pytest.mark.flow
FEW = {"told": 14, "rank": 2, "windows": 2, "paths": 3, "max_epochs": 2, "batches_per_epoch": 2}
STEPS = 7
FILL = {"price": "last", "promotion": "last"}


@pytest.fixture(scope="module")
def dataset(system: Client) -> Iterator[Any]:
    made = SAMPLE.make(system)
    yield made
    system.delete(f"/datasets/{made['id']}", force=True)


def trained(system: Client, dataset: Any, **settings: Any) -> Any:
    request = training(dataset, SAMPLE, algorithm="qwen", horizon=STEPS, context_length=None)
    task = system.post("/training", request | {"hyperparameters": FEW | settings})
    done = system.wait_for(task, "succeeded", "failed")
    assert done["status"] == "succeeded", done["error"]
    return done


def version_of(task: Any) -> dict[str, Any]:
    return {name: task["result"][name] for name in ("model", "version")}


def test_a_forecast_shows_what_was_told_and_written_for_every_series(
    system: Client, dataset: Any, tmp_path: Path
) -> None:
    task = trained(system, dataset)
    asked = {**version_of(task), "note": "holiday zzz", "fill": FILL}
    forecast = system.post("/prediction", asked)

    texts = [one["text"] for one in forecast["series"]]
    assert len(texts) == 3
    assert all(f"Note: {asked['note']} Numbers:" in text["told"] for text in texts)
    assert all(text["wrote"].count(",") == STEPS for text in texts)
    assert all("zzz" in text["unknown"] for text in texts)
    assert system.get(f"/prediction/{forecast['id']}")["series"] == forecast["series"]

    told = Shell(system.url, tmp_path)(
        "predict", asked["model"], "--version", str(asked["version"]),
        "--note", "holiday zzz", "--paths", "3",
        *(part for column in FILL for part in ("--fill", f"{column}=last")),
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "The model does not know these words: " in told.stdout
    assert "zzz" in told.stdout


def test_a_correction_is_measured_beside_what_it_corrects(system: Client, dataset: Any) -> None:
    task = trained(system, dataset, mode="correct", numeric="seasonal_naive")
    forecast = system.post("/prediction", {**version_of(task), "fill": FILL})

    assert {"wql", "wql_uncorrected"} <= set(task["result"]["metrics"])
    epochs = [one for one in system.events(task) if one["type"] == "epoch"]
    assert max(one["number"] for one in epochs) == 4  # two fits of the numeric one, two epochs
    text = forecast["series"][0]["text"]
    assert len(text["factors"]) == STEPS
    assert all(1 / 1.5 <= factor <= 1.5 for factor in text["factors"])
