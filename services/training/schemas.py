"""Shapes of this service's own edge."""

from shared.contracts.base import Reply
from shared.contracts.tasks import Algorithm


class AlgorithmList(Reply):
    """Every algorithm that this installation knows."""

    items: list[Algorithm]
