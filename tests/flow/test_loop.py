"""The whole loop with real processes: data, training, events, model, forecast, history."""

import math
from typing import Any

import pytest

from tests.fixtures.running import Client
from tests.flow.sources import HORIZON, SOURCES, Source, training

pytestmark = [pytest.mark.flow, pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)]


def test_from_a_file_to_a_forecast_in_the_history(system: Client, source: Source) -> None:
    dataset = source.make(system)
    assert_series_can_be_looked_at(system, dataset, source)

    task = system.post("/training", training(dataset, source))
    assert_events_survive_lost_connections(system, task)
    done = system.wait_for(task, "succeeded", "failed")
    assert done["status"] == "succeeded", done["error"]

    assert_model_is_published(system, dataset, done)
    forecast = assert_forecast_is_made(system, done, source)
    assert_history_keeps_it(system, forecast)
    assert_everything_can_be_deleted(system, dataset, done, forecast)


def assert_series_can_be_looked_at(system: Client, dataset: Any, source: Source) -> None:
    where = [f"{column}:{value}" for column, value in source.one_series.items()]
    assert system.get("/datasets")["items"][0]["id"] == dataset["id"]

    series = system.get(f"/datasets/{dataset['id']}/series", where=where)
    values = system.get(f"/datasets/{dataset['id']}/values", where=where, limit=10_000)

    assert [one["keys"] for one in series["items"]] == [source.one_series]
    assert len(values["points"]) == series["items"][0]["length"]


def assert_events_survive_lost_connections(system: Client, task: Any) -> None:
    seen = system.events(task, reconnect_after=2)
    again = system.events(task)

    ids = [event["id"] for event in seen]
    assert len(set(ids)) == len(ids)
    assert ids == [event["id"] for event in again]
    epochs = [event["number"] for event in seen if event["type"] == "epoch"]
    assert epochs == sorted(set(epochs))
    assert epochs[-1] == 3  # of epochs that come in a burst, the best and the latest are told
    assert seen[-1]["result"]["version"] == 1


def assert_model_is_published(system: Client, dataset: Any, task: Any) -> None:
    model = system.get(f"/models/{task['result']['model']}")
    best = system.get(f"/models/{task['result']['model']}/versions/best")

    assert model["aliases"] == {"best": 1, "latest": 1}
    assert best["lineage"]["task_id"] == task["id"]
    assert best["lineage"]["dataset_digest"] == dataset["digest"]
    assert math.isfinite(best["metrics"]["wql"])
    split = best["lineage"]["split"]
    assert split["train_end"] < split["validation_end"] == split["test_end"]
    assert split["test_end"] == dataset["end"]


def assert_forecast_is_made(system: Client, task: Any, source: Source) -> Any:
    request = {
        "model": task["result"]["model"],
        "series": [source.one_series],
        "horizon": HORIZON,
        "fill": {"onpromotion": "zero", "national_holiday": "zero"}
        if "favorita" in source.name
        else {},
        "history": 56,
    }
    forecast = system.post("/prediction", request)
    again = system.post("/prediction", request)

    [one] = forecast["series"]
    assert one["keys"] == source.one_series
    assert (len(one["history"]), len(one["forecast"])) == (56, HORIZON)
    assert one["history"][-1]["date"] < one["forecast"][0]["date"]
    for point in one["forecast"]:
        levels = sorted(point["quantiles"], key=float)
        values = [point["quantiles"][level] for level in levels]
        assert values == sorted(values)
    assert again["series"] == forecast["series"]
    return forecast


def assert_history_keeps_it(system: Client, forecast: Any) -> None:
    listed = [item["id"] for item in system.get("/prediction")["items"]]

    assert forecast["id"] in listed
    assert system.get(f"/prediction/{forecast['id']}") == forecast
    csv = system.api.get(f"/prediction/{forecast['id']}/export", params={"format": "csv"})
    assert len(csv.text.strip().splitlines()) == 1 + HORIZON


def assert_everything_can_be_deleted(
    system: Client, dataset: Any, task: Any, forecast: Any
) -> None:
    model = f"/models/{task['result']['model']}"

    system.delete(f"/prediction/{forecast['id']}")
    system.delete(model)
    system.delete(f"/datasets/{dataset['id']}")

    for path in (f"/prediction/{forecast['id']}", model, f"/datasets/{dataset['id']}"):
        assert system.api.get(path).status_code == 404
    assert system.api.post("/training", json=training(dataset, SOURCES[0])).status_code == 404
