"""Real workers and runners: work, failures, cancelling, and what happens when they are killed."""

from httpx import AsyncClient

from tests.services.training.conftest import Workers, eventually, ordered, reached
from tests.services.training.standin import Registry

ENDED = ("succeeded", "failed", "cancelled")


async def test_a_training_ends_with_a_published_model(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start()
    task = await ordered(training, registry, algorithm="seasonal_naive", seed=3)

    ended = await reached(training, task, *ENDED)

    assert (ended["status"], ended["progress"], ended["attempt"]) == ("succeeded", 1.0, 1)
    assert ended["result"]["model"] == ended["model"] == "seasonal_naive_global_pharmacy"
    [version] = registry.versions()
    assert version.lineage.task_id.hex == task["id"].replace("-", "")
    assert (version.lineage.seed, version.version) == (3, ended["result"]["version"])
    assert {file.name for file in version.files} == {"manifest.json", "model.safetensors"}
    assert ended["result"]["metrics"]["wql"] is not None


async def test_a_killed_worker_is_replaced_and_one_version_published(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    first = workers.start()
    task = await ordered(training, registry, hyperparameters={"epochs": 30, "seconds": 0.2})
    await eventually(workers.runners)
    await reached(training, task, "running")

    first.kill()
    await eventually(lambda: not workers.runners(), 5)
    workers.start()
    ended = await reached(training, task, *ENDED)

    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert len(registry.versions()) == 1


async def test_a_running_task_is_cancelled_and_its_process_freed(
    training: AsyncClient, registry: Registry, workers: Workers
) -> None:
    workers.start()
    task = await ordered(training, registry, hyperparameters={"epochs": 1, "seconds": 600})
    await eventually(workers.runners)
    await reached(training, task, "running")

    cancelled = await training.post(f"/tasks/{task['id']}/cancel")
    again = await training.post(f"/tasks/{task['id']}/cancel")
    await eventually(lambda: not workers.runners(), 5)

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert again.status_code == 409
    assert registry.versions() == []
