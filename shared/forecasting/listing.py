"""The catalogue of algorithms: what a form or a list shows of each."""

from typing import Any

from shared.forecasting.register import ALGORITHMS


def catalogue() -> list[dict[str, Any]]:
    """Return every algorithm with its words, its availability and its form."""
    entries = []
    for name, algorithm in sorted(ALGORITHMS.items()):
        reason = algorithm.unavailable()
        schema = algorithm.hyperparameters.model_json_schema()
        schema.pop("description", None)
        entries.append(
            {
                "name": name,
                "title": algorithm.title,
                "title_zh": algorithm.title_zh,
                "summary": algorithm.summary,
                "summary_zh": algorithm.summary_zh,
                "family": algorithm.family,
                "available": reason is None,
                "reason": reason,
                "hyperparameters": schema,
            }
        )
    return entries
