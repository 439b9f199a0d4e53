"""What a trained model is called: after what it learned, and never like another dataset's."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from shared.contracts.datasets import Dataset
from shared.contracts.models import Lineage, NewVersion
from shared.contracts.tasks import Scope
from tests.services.training.registry import Registry


@pytest.fixture
def dataset(registry: Registry) -> Dataset:
    return registry.add_dataset()


def order(dataset: Dataset, **changes: Any) -> dict[str, Any]:
    return {
        "dataset_id": str(dataset.id),
        "algorithm": "sleepy",
        "scope": {"level": "product", "product_id": "P1"},
        "horizon": 7,
        **changes,
    }


def published(registry: Registry, name: str, dataset_name: str, scope: Scope) -> None:
    lineage = Lineage(
        task_id=uuid4(),
        dataset_id=uuid4(),
        dataset_name=dataset_name,
        dataset_version=1,
        dataset_digest="0" * 64,
        code_version="0",
        seed=0,
    )
    new = NewVersion(
        algorithm="sleepy",
        scope=scope,
        horizon=7,
        context_length=1,
        hyperparameters={},
        frequency="D",
        metrics={},
        lineage=lineage,
        files=[],
    )
    registry.publish(name, new)


P1 = Scope.model_validate({"level": "product", "product_id": "P1"})


@pytest.mark.parametrize(
    ("scope", "dataset_name", "name"),
    [
        ({"level": "global"}, "pharmacy", "sleepy_global_pharmacy"),
        ({"level": "global"}, "药店 销售/2024", "sleepy_global_药店-销售-2024"),
        ({"level": "global", "total": True}, "pharmacy", "sleepy_global_pharmacy_total"),
        ({"level": "store", "store_id": "S1"}, "pharmacy", "sleepy_store_S1"),
        (
            {"level": "series", "product_id": "P1", "store_id": "S1"},
            "pharmacy",
            "sleepy_series_S1_P1",
        ),
    ],
)
async def test_a_model_is_named_after_what_it_learned(
    training: AsyncClient, registry: Registry, scope: dict[str, Any], dataset_name: str, name: str
) -> None:
    dataset = registry.add_dataset(dataset_name)

    answer = await training.post("/training", json=order(dataset, scope=scope))

    assert answer.json()["model"] == name


async def test_the_same_training_again_makes_a_version_of_the_same_model(
    training: AsyncClient, dataset: Dataset, registry: Registry
) -> None:
    published(registry, "sleepy_product_P1", "pharmacy", P1)

    answer = await training.post("/training", json=order(dataset))

    assert answer.json()["model"] == "sleepy_product_P1"


async def test_a_name_taken_by_another_dataset_is_not_used(
    training: AsyncClient, registry: Registry, dataset: Dataset
) -> None:
    published(registry, "sleepy_product_P1", "supermarket", P1)

    answer = await training.post("/training", json=order(dataset))

    assert answer.json()["model"] == "sleepy_product_P1_pharmacy"


async def test_a_name_taken_by_a_queued_task_of_another_dataset_is_not_used(
    training: AsyncClient, registry: Registry, dataset: Dataset
) -> None:
    await training.post("/training", json=order(registry.add_dataset("supermarket")))

    answer = await training.post("/training", json=order(dataset))

    assert answer.json()["model"] == "sleepy_product_P1_pharmacy"


async def test_tasks_that_come_at_once_for_different_data_get_different_names(
    training: AsyncClient, registry: Registry
) -> None:
    datasets = [registry.add_dataset(name) for name in ("pharmacy", "supermarket", "kiosk")]

    answers = await asyncio.gather(
        *(training.post("/training", json=order(dataset)) for dataset in datasets * 2)
    )

    models = [answer.json()["model"] for answer in answers]
    assert len(set(models)) == 3
    assert models[:3] == models[3:]
