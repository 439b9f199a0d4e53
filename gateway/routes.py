"""What the gateway answers itself: health, totals, the API's document and its page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from gateway.health import Observer
from gateway.table import PREFIX
from shared.contracts.system import Health, Stats

router = APIRouter(prefix=PREFIX, tags=["system"])


def observer(request: Request) -> Observer:
    """Return the one that asks the services."""
    found: Observer = request.app.state.observer
    return found


TheObserver = Annotated[Observer, Depends(observer)]


@router.get("/health")
async def get_health(observer: TheObserver) -> Health:
    """Say whether each service is ready; the answer comes even if none is."""
    return await observer.health()


@router.get("/stats")
async def get_stats(observer: TheObserver) -> Stats:
    """Return how much there is of everything; a count is `null` where its service is down."""
    return await observer.stats()
