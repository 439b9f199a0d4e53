"""The data that the flow tests run on: the sample everywhere, real sales where they are."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.running import Client

REAL = Path(__file__).parents[3] / "shared" / "data"
HORIZON = 14


@dataclass(frozen=True)
class Source:
    """A dataset to make, and a scope of it to train on."""

    name: str
    make: Callable[[Client], Any]
    scope: dict[str, str]
    one_series: dict[str, str]


def _sample(client: Client) -> Any:
    size = {"stores": 3, "products": 4, "days": 400}
    return client.post("/sample-data", {"kind": "pharmacy", "name": "flow sample", **size})


def _real(file: str, known: list[str], past: list[str]) -> Callable[[Client], Any]:
    def upload(client: Client) -> Any:
        path = REAL / f"{file}.parquet"
        if not path.is_file():
            pytest.skip(f"the real sales {path.name} are not on this machine")
        ids = ["store_id", "product_id"]
        mapping = {"date": "date", "target": "sales", "ids": ids, "known": known, "past": past}
        response = client.upload(
            path.read_bytes(), path.name, name=file, mapping=json.dumps(mapping)
        )
        assert response.status_code == 201, response.text
        return response.json()

    return upload


SAMPLE = Source(
    "sample",
    _sample,
    {"level": "product", "product_id": "P001"},
    {"store_id": "S001", "product_id": "P001"},
)
SOURCES = [
    SAMPLE,
    Source(
        "pharma_daily",
        _real("pharma_daily", [], []),
        {"level": "store", "store_id": "pharmacy_1"},
        {"store_id": "pharmacy_1", "product_id": "N02BE"},
    ),
    Source(
        "favorita_store_family_daily",
        _real(
            "favorita_store_family_daily",
            ["onpromotion", "national_holiday"],
            ["transactions", "oil_price"],
        ),
        {"level": "product", "product_id": "BEVERAGES"},
        {"store_id": "44", "product_id": "BEVERAGES"},
    ),
]


def training(dataset: Any, source: Source, **changes: Any) -> dict[str, Any]:
    """Return a training that takes seconds."""
    request = {
        "dataset_id": dataset["id"],
        "algorithm": "lstm",
        "scope": source.scope,
        "horizon": HORIZON,
        "context_length": 28,
        "hyperparameters": quick(epochs=3),
        "seed": 1,
    }
    return request | changes


def quick(epochs: int) -> dict[str, Any]:
    """Return hyper-parameters of a small training with so many epochs."""
    return {
        "hidden_size": 8,
        "max_epochs": epochs,
        "batches_per_epoch": 5,
        "batch_size": 16,
        "patience": epochs,
    }


ENDLESS = quick(epochs=1000)
