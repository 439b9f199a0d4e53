"""Makes forecasts: finds model and values, computes off the event loop, keeps the answer."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from services.prediction import history
from services.prediction.answers import Answer, answer
from services.prediction.engine import Engine, Work
from services.prediction.lookup import Lookup
from services.prediction.questions import Limits
from services.prediction.sources import Sources
from services.prediction.tables import ForecastRow
from shared.contracts.datasets import Dataset
from shared.contracts.forecasts import ForecastRequest
from shared.contracts.models import ModelVersion
from shared.kit.database import Database, now
from shared.kit.storage import BlobStore


@dataclass(frozen=True)
class Workshop:
    """What making forecasts needs."""

    database: Database
    blobs: BlobStore
    engine: Engine
    lookup: Lookup
    sources: Sources
    limits: Limits


@dataclass(frozen=True)
class _Made:
    version: ModelVersion
    dataset: Dataset
    answer: Answer


async def create(workshop: Workshop, request: ForecastRequest, gone: Work[object]) -> bytes:
    """Make a forecast, store it and return it as JSON.

    Raises:
        AppError: it cannot be made; nothing is stored.
        ClientGone: the client left before it was made; nothing is stored.
    """
    begun = time.perf_counter()
    made = await workshop.engine.serve(partial(_make, workshop, request), gone)
    row = _row(made, time.perf_counter() - begun)
    await history.keep(workshop.database, workshop.blobs, row, made.answer.packed)
    return history.join(row, made.answer.rest)


async def _make(workshop: Workshop, request: ForecastRequest) -> _Made:
    """Compute with what such a request meant the last time, while asking what it means now.

    An answer counts only if it means the same: asking costs no time, and nothing is stale.
    """
    before = workshop.lookup.before(request)
    if before is None:
        return await _compute(workshop, request, *await workshop.lookup.find(request))
    computing = asyncio.ensure_future(_compute(workshop, request, *before))
    try:
        found = await workshop.lookup.find(request)
        if found == before:
            return await computing
    finally:
        await _end(computing)
    return await _compute(workshop, request, *found)


async def _compute(
    workshop: Workshop, request: ForecastRequest, version: ModelVersion, dataset: Dataset
) -> _Made:
    sources = workshop.sources
    async with sources.model(version) as model, sources.panel(dataset, version.scope) as panel:
        work = partial(answer, request, model, panel, dataset.target, workshop.limits)
        return _Made(version, dataset, await workshop.engine.compute(work))


async def _end(task: asyncio.Future[_Made]) -> None:
    """Give a task up and wait until it has let go of what it uses."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


def _row(made: _Made, seconds: float) -> ForecastRow:
    version, dataset, answer = made.version, made.dataset, made.answer
    return ForecastRow(
        id=uuid4(),
        model=version.model,
        version=version.version,
        algorithm=version.algorithm,
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        frequency=dataset.frequency,
        horizon=answer.horizon,
        start=answer.start,
        series_count=answer.series_count,
        first_series=answer.first_series,
        seconds=round(seconds, 4),
        size_bytes=len(answer.packed.content),
        digest=answer.packed.digest,
        created_at=now(),
    )
