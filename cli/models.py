"""Commands about trained models."""

import asyncio

from cli.api import Api
from cli.options import AsJson, Url
from cli.tables import show, show_json
from shared.contracts.models import Model


def list_models(url: Url, as_json: AsJson = False) -> None:
    """List the trained models, newest first."""
    asyncio.run(_models(url, as_json))


async def _models(url: str, as_json: bool) -> None:
    async with Api(url) as api:
        found = await api.models()
    if as_json:
        show_json(found)
        return
    show(
        "Models",
        ["name", "versions#", "best#", "wape#", "mase#", "skill#", "dataset", "updated"],
        [_row(model) for model in found],
        "No models yet: `shelfcast train DATASET ALGORITHM --follow` makes one.",
    )


def _row(model: Model) -> tuple[object, ...]:
    metrics = model.latest.metrics
    figures = tuple(metrics.get(name) for name in ("wape", "mase", "skill"))
    best = model.aliases.get("best")
    return (
        model.name,
        model.version_count,
        best,
        *figures,
        model.dataset_name,
        model.updated_at,
    )
