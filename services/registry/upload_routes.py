"""Routes that make datasets: upload, preview, sample."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, status

from services.registry import receiving, uploads
from services.registry.access import TheDatabase, TheSettings, TheStore
from shared.contracts.datasets import Dataset, Preview, SampleRequest, UploadLimit
from shared.kit.errors import Conflict, Invalid, TooLarge, problems

router = APIRouter(tags=["datasets"])


def describe_form(**fields: str) -> dict[str, Any]:
    """Describe a multipart form, which is read by hand so that the file streams to the disk."""
    properties: dict[str, Any] = {
        "file": {"type": "string", "format": "binary", "description": "The table."}
    }
    properties |= {
        name: {"type": "string", "description": description} for name, description in fields.items()
    }
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


_MAPPING = "A Mapping as JSON; guessed from the file if absent."


@router.get("/upload", responses=problems(TooLarge, Invalid))
async def check_upload(
    settings: TheSettings,
    size: Annotated[int, Query(ge=0, le=2**63 - 1, description="Bytes of the file.")] = 0,
) -> UploadLimit:
    """Say how large a file may be, and refuse one that is larger before it is sent."""
    if size > settings.max_upload_bytes:
        raise receiving.too_large(settings.max_upload_bytes)
    return UploadLimit(max_bytes=settings.max_upload_bytes)


@router.post(
    "/upload",
    status_code=status.HTTP_201_CREATED,
    responses=problems(Conflict, TooLarge, Invalid),
    openapi_extra=describe_form(name="The dataset's name; the file's if absent.", mapping=_MAPPING),
)
async def upload_dataset(
    request: Request, database: TheDatabase, store: TheStore, settings: TheSettings
) -> Dataset:
    """Store a file as a new version of a dataset."""
    with store.incoming() as part:
        received = await receiving.receive(request, part, settings.max_upload_bytes)
        return await uploads.store_upload(received, database, store, settings)


@router.post(
    "/upload/preview",
    responses=problems(TooLarge, Invalid),
    openapi_extra=describe_form(
        mapping=_MAPPING, reading="A Reading as JSON, where there is no mapping."
    ),
)
async def preview_upload(request: Request, store: TheStore, settings: TheSettings) -> Preview:
    """Show what a file would become: columns, roles, frequency, problems. Nothing is stored.

    The first megabytes of a large CSV are enough.
    """
    with store.incoming() as part:
        received = await receiving.receive(request, part, settings.max_upload_bytes)
        return await uploads.preview(received, store, settings)


@router.post("/sample-data", status_code=status.HTTP_201_CREATED, responses=problems(Invalid))
async def create_sample(sample: SampleRequest, database: TheDatabase, store: TheStore) -> Dataset:
    """Generate a realistic sample dataset, the same for the same request."""
    return await uploads.make_sample(sample, database, store)
