"""Small tables and models for the registry's tests."""

import datetime as dt
import hashlib
import json
from typing import Any
from uuid import uuid4

from httpx import AsyncClient, Response

LONG = {"date": "date", "target": "sales", "ids": ["store", "product"]}


def sales_csv(days: int = 20, stores: int = 2, products: int = 3) -> bytes:
    """Return a clean table: day n sells n in the first shop, ten more in the next."""
    lines = ["date,store,product,sales,price"]
    for store in range(stores):
        for product in range(products):
            for day in range(days):
                date = dt.date(2024, 1, 1) + dt.timedelta(days=day)
                lines.append(f"{date},S{store},P{product},{day + 10 * store},{1.5 + product}")
    return "\n".join(lines).encode() + b"\n"


async def upload(
    registry: AsyncClient,
    content: bytes,
    mapping: dict[str, Any] | None = None,
    filename: str = "sales.csv",
    **fields: str,
) -> Response:
    """Upload a file."""
    data = dict(fields)
    if mapping is not None:
        data["mapping"] = json.dumps(mapping)
    return await registry.post("/upload", files={"file": (filename, content)}, data=data)


async def make_dataset(registry: AsyncClient, **options: Any) -> Any:
    """Upload the clean table and return the dataset."""
    response = await upload(registry, sales_csv(), LONG | options)
    assert response.status_code == 201, response.text
    return response.json()


async def put_blob(registry: AsyncClient, content: bytes) -> str:
    """Store a blob and return its digest."""
    digest = hashlib.sha256(content).hexdigest()
    response = await registry.put(f"/internal/blobs/{digest}", content=content)
    assert response.status_code in (200, 201), response.text
    return digest


def new_version(
    digest: str, size: int, *, wql: float | None = 0.5, dataset: Any = None, **changes: Any
) -> dict[str, Any]:
    """Return what a runner publishes."""
    dataset = dataset or {"id": str(uuid4()), "name": "sales", "version": 1, "digest": "0" * 64}
    return {
        "algorithm": "kan",
        "scope": {"level": "product", "product_id": "P001"},
        "horizon": 7,
        "context_length": 28,
        "hyperparameters": {"width": 8},
        "frequency": "D",
        "metrics": {"wql": wql, "wape": 0.3},
        "lineage": {
            "task_id": str(uuid4()),
            "dataset_id": dataset["id"],
            "dataset_name": dataset["name"],
            "dataset_version": dataset["version"],
            "dataset_digest": dataset["digest"],
            "code_version": "0.1.0",
            "seed": 0,
        },
        "files": [{"name": "model.safetensors", "digest": digest, "size_bytes": size}],
    } | changes


async def publish(registry: AsyncClient, name: str = "kan_product_P001", **options: Any) -> Any:
    """Store a blob of its own and publish a version with it."""
    content = options.pop("content", uuid4().bytes)
    digest = await put_blob(registry, content)
    new = new_version(digest, len(content), **options)
    response = await registry.post(f"/internal/models/{name}/versions", json=new)
    assert response.status_code == 201, response.text
    return response.json()
