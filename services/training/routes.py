"""The HTTP edge of training."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status

from services.training import orders, tasks
from services.training.orders import Counter
from services.training.schemas import AlgorithmList
from shared.contracts.base import Page
from shared.contracts.tasks import Task, TaskStatus, TrainingRequest
from shared.kit.errors import Conflict, Invalid, NotFound, Unavailable, problems
from shared.kit.pages import PageSize, PageToken

router = APIRouter()
internal = APIRouter(prefix="/internal", include_in_schema=False)


def _counter(request: Request) -> Counter:
    counter: Counter = request.app.state.counter
    return counter


Desk = Annotated[Counter, Depends(_counter)]


@router.get("/algorithms", tags=["algorithms"], responses=problems(Unavailable))
async def list_algorithms(counter: Desk) -> AlgorithmList:
    """List every algorithm, with the JSON schema of its hyper-parameters."""
    return AlgorithmList(items=await counter.catalogue.algorithms())


@router.post("/train", status_code=status.HTTP_202_ACCEPTED, include_in_schema=False)
@router.post(
    "/training",
    tags=["tasks"],
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(NotFound, Conflict, Invalid, Unavailable),
)
async def create_training(new: TrainingRequest, counter: Desk, response: Response) -> Task:
    """Start training one algorithm on (a part of) one dataset."""
    row = await orders.start(counter, new)
    response.headers["Location"] = f"/tasks/{row.id}"
    return Task.model_validate(row)


@router.get("/tasks", tags=["tasks"], responses=problems(Invalid))
async def list_tasks(
    counter: Desk,
    status: Annotated[TaskStatus | None, Query(description="Only tasks that stand so.")] = None,
    kind: Annotated[
        Literal["training", "forecast", "comparison"] | None, Query(description="Only this kind.")
    ] = None,
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> Page[Task]:
    """List tasks, newest first."""
    found = await tasks.page(counter.database, status, kind, page_size, page_token)
    return Page[Task](
        items=[Task.model_validate(row) for row in found.rows],
        next_page_token=found.next_page_token,
        total=found.total,
    )


@router.get("/tasks/{task_id}", tags=["tasks"], responses=problems(NotFound))
async def get_task(task_id: UUID, counter: Desk) -> Task:
    """Return one task."""
    return Task.model_validate(await tasks.get(counter.database, task_id))


@router.post("/tasks/{task_id}/cancel", tags=["tasks"], responses=problems(NotFound, Conflict))
async def cancel_task(task_id: UUID, counter: Desk) -> Task:
    """Cancel a task that is queued or running; its process ends within seconds."""
    return Task.model_validate(await orders.cancel(counter, task_id))


@router.post(
    "/tasks/{task_id}/repeat",
    tags=["tasks"],
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(NotFound, Conflict, Invalid, Unavailable),
)
async def repeat_task(task_id: UUID, counter: Desk, response: Response) -> Task:
    """Train again as a task did, by the times it noted: the same model, to the byte.

    The log of the new task says whether it is, or what differs. It needs a worker with as many
    threads and the same versions of what numbers hang on.
    """
    row = await orders.repeat(counter, task_id)
    response.headers["Location"] = f"/tasks/{row.id}"
    return Task.model_validate(row)


@internal.get("/stats")
async def training_stats(counter: Desk) -> dict[str, int]:
    """Return how many tasks there are in each status."""
    return await tasks.counts(counter.database)
