"""Routes of models, their versions, files and aliases."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Response, status
from fastapi.responses import FileResponse

from services.registry import aliases, models, publishing
from services.registry.access import TheDatabase, TheStore
from shared.contracts.base import Page
from shared.contracts.models import AliasTarget, Model, ModelVersion, NewVersion
from shared.kit.errors import Conflict, Invalid, NotFound, problems
from shared.kit.pages import PageSize, PageToken

router = APIRouter(tags=["models"])


@router.get("/models", responses=problems(Invalid))
async def list_models(
    database: TheDatabase,
    search: Annotated[str | None, Query(max_length=200)] = None,
    algorithm: str | None = None,
    dataset_id: UUID | None = None,
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> Page[Model]:
    """List models, the last changed first."""
    given = {"algorithm": algorithm, "dataset_id": dataset_id}
    filters = {column: value for column, value in given.items() if value is not None}
    return await models.page(database, filters, search, page_size, page_token)


@router.get("/models/{name}", responses=problems(NotFound))
async def get_model(name: str, database: TheDatabase) -> Model:
    """Read one model."""
    return await models.get(database, name)


@router.delete(
    "/models/{name}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotFound)
)
async def delete_model(name: str, database: TheDatabase, store: TheStore) -> None:
    """Delete a model with all its versions."""
    await models.delete(database, store, name, None)


@router.get("/models/{name}/versions", responses=problems(NotFound, Invalid))
async def list_versions(
    name: str, database: TheDatabase, page_size: PageSize = 50, page_token: PageToken = None
) -> Page[ModelVersion]:
    """List the versions of a model, newest first."""
    return await models.versions(database, name, page_size, page_token)


@router.get("/models/{name}/versions/{version}", responses=problems(NotFound))
async def get_version(name: str, version: str, database: TheDatabase) -> ModelVersion:
    """Read a version by its number, `best`, `latest` or another alias."""
    return await models.version(database, name, version)


@router.delete(
    "/models/{name}/versions/{version}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(NotFound),
)
async def delete_version(name: str, version: str, database: TheDatabase, store: TheStore) -> None:
    """Delete one version; its number is never used again."""
    await models.delete(database, store, name, version)


@router.get(
    "/models/{name}/versions/{version}/files/{file}",
    responses=problems(NotFound)
    | {200: {"description": "The file.", "content": {"application/octet-stream": {}}}},
    response_class=FileResponse,
)
async def download_file(
    name: str, version: str, file: str, database: TheDatabase, store: TheStore
) -> FileResponse:
    """Download one file of a version."""
    found = await models.version(database, name, version)
    for item in found.files:
        if item.name == file:
            return FileResponse(
                store.path(item.digest),
                media_type="application/octet-stream",
                filename=item.name,
                headers={"ETag": f'"{item.digest}"', "X-Content-Type-Options": "nosniff"},
            )
    names = ", ".join(item.name for item in found.files)
    raise NotFound(f"There is no file {file[:80]!r}. The version has: {names}.", field="/file")


@router.put(
    "/models/{name}/aliases/{alias}",
    responses=problems(NotFound, Conflict, Invalid),
)
async def put_alias(name: str, alias: str, target: AliasTarget, database: TheDatabase) -> Model:
    """Point an alias to a version; `best` without a version goes by the errors again."""
    await aliases.point(database, name, alias, target.version)
    return await models.get(database, name)


@router.post(
    "/internal/models/{name}/versions",
    status_code=status.HTTP_201_CREATED,
    include_in_schema=False,
)
async def publish_version(
    name: str, new: NewVersion, database: TheDatabase, store: TheStore, response: Response
) -> ModelVersion:
    """Publish a version; 200 and the one there is where the task has already published."""
    version, created = await publishing.publish(database, store, name, new)
    if not created:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/models/{quote(version.model)}/versions/{version.version}"
    return version
