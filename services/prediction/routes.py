"""The routes of the prediction service: they translate, nothing else."""

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.prediction import export, forecasts, history
from services.prediction.engine import Busy, ClientGone, TooSlow
from services.prediction.export import ExportFormat
from services.prediction.forecasts import Workshop
from shared.contracts.base import Page
from shared.contracts.forecasts import Forecast, ForecastRequest, ForecastSummary
from shared.kit.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable, problems
from shared.kit.pages import PageSize, PageToken

router = APIRouter(tags=["forecasts"])
internal = APIRouter(prefix="/internal", include_in_schema=False)
JSON = "application/json"
CLIENT_CLOSED_REQUEST = 499


def _workshop(request: Request) -> Workshop:
    workshop: Workshop = request.app.state.workshop
    return workshop


InWorkshop = Annotated[Workshop, Depends(_workshop)]


@router.post(
    "/prediction",
    response_model=Forecast,
    responses=problems(NotFound, Conflict, TooLarge, Invalid, Busy, Unavailable, TooSlow),
)
async def create_forecast(
    request: Request, wanted: ForecastRequest, workshop: InWorkshop
) -> Response:
    """Forecast now, and keep the answer in the history."""
    try:
        body = await forecasts.create(workshop, wanted, partial(_disconnected, request))
    except ClientGone:
        return Response(status_code=CLIENT_CLOSED_REQUEST)
    return Response(body, media_type=JSON)


@router.get("/prediction", responses=problems(Invalid))
async def list_forecasts(
    workshop: InWorkshop,
    page_size: PageSize = 50,
    page_token: PageToken = None,
    model: Annotated[str | None, Query(description="Only forecasts of this model.")] = None,
    dataset_id: Annotated[UUID | None, Query(description="Only from this dataset.")] = None,
) -> Page[ForecastSummary]:
    """List the forecasts made, newest first."""
    return await history.page(workshop.database, page_size, page_token, model, dataset_id)


@router.get("/prediction/{forecast_id}", response_model=Forecast, responses=problems(NotFound))
async def get_forecast(forecast_id: UUID, workshop: InWorkshop) -> Response:
    """Return a forecast exactly as it was answered."""
    body = await history.get(workshop.database, workshop.blobs, forecast_id)
    return Response(body, media_type=JSON)


@router.delete(
    "/prediction/{forecast_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(NotFound)
)
async def delete_forecast(forecast_id: UUID, workshop: InWorkshop) -> None:
    """Delete a forecast from the history."""
    await history.delete(workshop.database, workshop.blobs, forecast_id)


@router.get(
    "/prediction/{forecast_id}/export",
    response_class=Response,
    responses={
        200: {
            "description": "One row per series and step.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in export.MEDIA_TYPES.values()
            },
        },
        **problems(NotFound, Invalid),
    },
)
async def export_forecast(
    forecast_id: UUID,
    workshop: InWorkshop,
    kind: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.csv,
) -> Response:
    """Export a forecast as CSV, Excel or Parquet, one row per series and step."""
    body = await history.get(workshop.database, workshop.blobs, forecast_id)
    file = await asyncio.to_thread(export.export, body, kind)
    headers = {"content-disposition": export.disposition(body, kind)}
    return Response(file, media_type=export.MEDIA_TYPES[kind], headers=headers)


@internal.get("/stats")
async def stats(workshop: InWorkshop) -> dict[str, int]:
    """Return totals for the dashboard."""
    return await history.stats(workshop.database)


async def _disconnected(request: Request) -> None:
    """Return when the client has gone; the body was read before, so nothing else comes."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
